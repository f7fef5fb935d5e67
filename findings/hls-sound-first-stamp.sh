#!/usr/bin/env bash
# FFmpeg n7.1 (npm @remotion/compositor-linux-x64-gnu 4.0.529): read through its HLS demuxer, the second AAC frame of a segment of
# sound alone has the time stamp of the first, and each that follows has that of the frame before it (21 ms too early). The segment
# itself, an MPEG-TS, is read right: whoever judges such a set by ffprobe must not do it through its playlist.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --no-save @remotion/compositor-linux-x64-gnu@4.0.529 >/dev/null
export LD_LIBRARY_PATH=$work/node_modules/@remotion/compositor-linux-x64-gnu
"$LD_LIBRARY_PATH/ffmpeg" -version | head -1

"$LD_LIBRARY_PATH/ffmpeg" -hide_banner -v error -nostdin -f lavfi -i sine=frequency=440:sample_rate=48000 -t 4 -c:a aac one.ts
printf '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\none.ts\n#EXT-X-ENDLIST\n' >one.m3u8
stamps() {
  "$LD_LIBRARY_PATH/ffprobe" -v error -show_entries packet=pts_time -of csv=p=0 "$1" | tr -d ',' | sed '/^$/d' | head -3 | paste -sd' '
}
segment=$(stamps one.ts) playlist=$(stamps one.m3u8)
echo "segment: $segment; through the playlist: $playlist"
[ "$segment" = "1.400000 1.421333 1.442667" ] && [ "$playlist" = "1.400000 1.400000 1.421333" ] ||
  { echo "this has changed" >&2; exit 1; }
