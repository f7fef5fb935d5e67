#!/usr/bin/env bash
# FFmpeg n7.1 (npm @remotion/compositor-linux-x64-gnu 4.0.529): a copy of H.264 from MP4 into MPEG-TS is given its parameter sets
# in front of IDR pictures alone. Of a film with open groups of pictures that is the first key frame and no other: 1 SPS beside 5
# key frames, so nobody who joins later can decode it, and no segment of HLS but the first plays alone. With the bitstream filter
# `dump_extra=freq=keyframe` each key frame has one.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --no-save @remotion/compositor-linux-x64-gnu@4.0.529 >/dev/null
export LD_LIBRARY_PATH=$work/node_modules/@remotion/compositor-linux-x64-gnu
ffmpeg() { "$LD_LIBRARY_PATH/ffmpeg" -hide_banner -v error -nostdin -y "$@"; }
"$LD_LIBRARY_PATH/ffmpeg" -version | head -1

# 50 black pictures, as this build makes none by itself.
cat >pictures.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
const u32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; };
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([u32(data.length), body, u32(crc32(body))]);
};
const header = Buffer.concat([u32(160), u32(120), Buffer.from([8, 2, 0, 0, 0])]);
const rows = deflateSync(Buffer.alloc(120 * (1 + 160 * 3)));
const magic = Buffer.from("89504e470d0a1a0a", "hex");
const end = chunk("IEND", Buffer.alloc(0));
const png = Buffer.concat([magic, chunk("IHDR", header), chunk("IDAT", rows), end]);
writeFileSync("pictures.png", Buffer.concat(Array(50).fill(png)));
JS
node pictures.mjs
ffmpeg -f image2pipe -framerate 25 -c:v png -i pictures.png -pix_fmt yuv420p -c:v libx264 -preset ultrafast -bf 2 -g 10 \
  -x264-params open-gop=1:scenecut=0 film.mp4

cat >count.mjs <<'JS'
import { readFileSync } from "node:fs";
const bytes = readFileSync(process.argv[2]);
let count = 0;
for (let at = bytes.indexOf("\0\0\x01"); at >= 0; at = bytes.indexOf("\0\0\x01", at + 3))
  if ((bytes[at + 3] & 0x1f) === 7) count += 1;
console.log(count);
JS
ffmpeg -i film.mp4 -c copy plain.ts
ffmpeg -i film.mp4 -c copy -bsf:v h264_mp4toannexb,dump_extra=freq=keyframe repeated.ts
keys=$("$LD_LIBRARY_PATH/ffprobe" -v error -show_packets -show_entries packet=flags -of csv=p=0 plain.ts | grep -c K)
plain=$(node count.mjs plain.ts) repeated=$(node count.mjs repeated.ts)
echo "key frames: $keys, SPS: $plain, with dump_extra: $repeated"
[ "$keys" = 5 ] && [ "$plain" = 1 ] && [ "$repeated" -ge 5 ] || { echo "this has changed" >&2; exit 1; }
