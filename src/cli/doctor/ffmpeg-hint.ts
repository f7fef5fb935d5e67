/** How to get ffmpeg and ffprobe, one line a system. */
export const FFMPEG_HINT = [
  "  Debian, Ubuntu   sudo apt-get install -y ffmpeg",
  "  Fedora           sudo dnf install -y ffmpeg   (from RPM Fusion; ffmpeg-free has no x264)",
  "  Arch             sudo pacman -S ffmpeg",
  "  Alpine           sudo apk add ffmpeg",
  "  macOS            brew install ffmpeg",
  "  Windows          winget install Gyan.FFmpeg",
].join("\n");
