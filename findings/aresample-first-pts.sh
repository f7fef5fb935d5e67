#!/usr/bin/env bash
# FFmpeg n7.1 (npm @remotion/compositor-linux-x64-gnu 4.0.529): `aresample=first_pts=0` is meant to fill what lies before the
# first sample with silence. ffmpeg builds its filters anew when the sound's layout changes on the way, and the new aresample
# fills from zero once more: 6 s of mono and 6 s of stereo AAC become 18 s, six of them silence. Without first_pts: 12 s.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --no-save @remotion/compositor-linux-x64-gnu@4.0.529 >/dev/null
export LD_LIBRARY_PATH=$work/node_modules/@remotion/compositor-linux-x64-gnu
ffmpeg() { "$LD_LIBRARY_PATH/ffmpeg" -hide_banner -v error -nostdin -y "$@"; }
seconds() { "$LD_LIBRARY_PATH/ffprobe" -v error -show_entries format=duration -of csv=p=0 "$1"; }
"$LD_LIBRARY_PATH/ffmpeg" -version | head -1

for channels in 1 2; do
  ffmpeg -f lavfi -i sine=frequency=440:sample_rate=48000 -t 6 -ac "$channels" -c:a aac "part$channels.aac"
done
cat part1.aac part2.aac >changing.aac
ffmpeg -i changing.aac -af aresample=async=1 -ac 2 plain.wav
ffmpeg -i changing.aac -af aresample=async=1:first_pts=0 -ac 2 padded.wav
plain=$(seconds plain.wav) padded=$(seconds padded.wav)
echo "without first_pts: $plain s, with first_pts=0: $padded s"
[ "${plain%.*}" = 12 ] && [ "${padded%.*}" = 18 ] || { echo "this has changed" >&2; exit 1; }
