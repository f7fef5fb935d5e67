#!/usr/bin/env bash
# FFmpeg n7.1 (npm @remotion/compositor-linux-x64-gnu 4.0.529) with libopus: of sound in 5.0 the encoder moves three channels round.
# What was in the centre comes out at the back right, what was at the back left in the centre, and what was at the back right at the
# back left. The file says 5.0, and other decoders hear the same. 5.1 is not touched by it.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --no-save @remotion/compositor-linux-x64-gnu@4.0.529 >/dev/null
export LD_LIBRARY_PATH=$work/node_modules/@remotion/compositor-linux-x64-gnu
ffmpeg() { "$LD_LIBRARY_PATH/ffmpeg" -hide_banner -v error -nostdin -y "$@"; }
"$LD_LIBRARY_PATH/ffmpeg" -version | head -1

# The channel of a WAV with the most sound in it.
cat >loudest.mjs <<'JS'
import { readFileSync } from "node:fs";
const [file, names] = process.argv.slice(2);
const channels = names.split(" ");
const bytes = readFileSync(file);
const sums = channels.map(() => 0);
for (let at = bytes.indexOf("data") + 8, n = 0; at + 1 < bytes.length; at += 2, n += 1)
  sums[n % channels.length] += bytes.readInt16LE(at) ** 2;
console.log(channels[sums.indexOf(Math.max(...sums))]);
JS

# A tone in one channel of a layout, through the encoder and back: the channel that it comes out of.
after() {
  local layout=$1 channels=$2 tone=$3 pan=$1 channel
  for channel in $channels; do
    if [ "$channel" = "$tone" ]; then pan+="|$channel=c0"; else pan+="|$channel=0*c0"; fi
  done
  ffmpeg -f lavfi -i sine=frequency=440:sample_rate=48000 -t 1 -af "pan=$pan" -c:a libopus -b:a 256k "$layout.webm"
  ffmpeg -i "$layout.webm" -c:a pcm_s16le "$layout.wav"
  node loudest.mjs "$layout.wav" "$channels"
}
five=$(for tone in FL FR FC BL BR; do after 5.0 "FL FR FC BL BR" "$tone"; done | paste -sd' ')
six=$(for tone in FL FR FC LFE BL BR; do after 5.1 "FL FR FC LFE BL BR" "$tone"; done | paste -sd' ')
echo "5.0: FL FR FC BL BR comes out as $five"
echo "5.1: FL FR FC LFE BL BR comes out as $six"
[ "$five" = "FL FR BR FC BL" ] && [ "$six" = "FL FR FC LFE BL BR" ] || { echo "this has changed" >&2; exit 1; }
