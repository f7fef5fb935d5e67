#!/usr/bin/env bash
# FFmpeg n7.1 (npm @remotion/compositor-linux-x64-gnu 4.0.529): what ffprobe calls the duration of a file is its length in MP4, and
# the time of its end in Matroska. Ten seconds of sound whose time stamps begin at 60 s last 10 s in one and 70 s in the other, with
# the same start time.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --no-save @remotion/compositor-linux-x64-gnu@4.0.529 >/dev/null
export LD_LIBRARY_PATH=$work/node_modules/@remotion/compositor-linux-x64-gnu
"$LD_LIBRARY_PATH/ffmpeg" -version | head -1

facts() {
  "$LD_LIBRARY_PATH/ffmpeg" -hide_banner -v error -nostdin -f lavfi -i sine=frequency=440:sample_rate=48000 -t 10 -c:a aac \
    -output_ts_offset 60 "late.$1"
  "$LD_LIBRARY_PATH/ffprobe" -v error -show_entries format=start_time,duration -of csv=p=0 "late.$1"
}
mp4=$(facts mp4) mkv=$(facts mkv)
echo "start and duration of late.mp4: $mp4, of late.mkv: $mkv"
[[ $mp4 = 59.*,10.* && $mkv = 59.*,70.* ]] || { echo "this has changed" >&2; exit 1; }
