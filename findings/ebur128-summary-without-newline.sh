#!/usr/bin/env bash
# FFmpeg 7.0.2 (PyPI imageio-ffmpeg 0.6.0; Debian's 7.1.5 and 9.0.2 do the same, 5.1 does not): the summary of `ebur128` comes in
# several messages, of which those with `LRA high: … LUFS` and with the peak end without a new line. Since 7 each filter graph, decoder
# and encoder has a thread, and what another one says next is appended to that line without its name and level. If that is the
# summary of another meter, nobody can tell whose it is. Of 80 runs with 16 meters in 16 graphs 7 to 17 had such a line; with all
# meters in one graph 0 to 3 had one, and there no summary can follow another's line.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
pip install -qq --no-deps --disable-pip-version-check --target . imageio-ffmpeg==0.6.0
ffmpeg=$(echo "$work"/imageio_ffmpeg/binaries/ffmpeg-*)
"$ffmpeg" -version | head -1

meters=()
for at in {0..15}; do
  meters+=(-map 0:a -af "ebur128@meter$at=peak=true:framelog=verbose" -f null -)
done
for run in {1..300}; do
  "$ffmpeg" -hide_banner -nostdin -nostats -v repeat+level+verbose -f lavfi -i sine=duration=0.5 "${meters[@]}" 2>log
  found=$(grep -m 1 -E '^    (LRA high|Peak): +[-.0-9]+ (LUFS|dBFS).' log || true)
  [ -z "$found" ] || { echo "in run $run: $found"; exit 0; }
done
echo "this has changed: none of 300 runs had such a line" >&2
exit 1
