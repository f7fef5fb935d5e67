#!/usr/bin/env bash
# Carries out the steps of deploy/Dockerfile without Docker, as root: the base by debootstrap, the RUN steps in it, the program of
# `bun run build`. Then runs it as the image would, on a root that cannot be written, and has it make one task.
#
#   deploy/try-image.sh [FOLDER]     the image's root is made in FOLDER, and kept; without one it is removed in the end
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
root=${1:-$work/root}
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; wait; umount "$root/proc" 2>/dev/null || true; rm -rf "$work"' EXIT

# The lines of the last stage, each in one piece.
stage=$(sed -e ':a' -e '/\\$/N' -e 's/\\\n//' -e 'ta' deploy/Dockerfile | awk '/^FROM /{n++; if (n == 2) print; next} n == 2')
said() { sed -n "s/^$1 //p" <<<"$stage"; }
suite=$(said FROM | sed 's/^debian:\(.*\)-slim$/\1/')

[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase "$suite" "$root"
mount -t proc proc "$root/proc"
while read -r step; do
  chroot "$root" /bin/sh -c "$step"
done < <(said RUN)
umount "$root/proc"
npx --yes bun run build "$work/pontus"
install --mode=0755 "$work/pontus" "$root$(said COPY | sed 's/.* //')"

# What the volumes hold, of the image's user.
mkdir "$work/data" "$work/media"
ffmpeg -v error -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine -t 2 -pix_fmt yuv420p "$work/media/in.mp4"
user=$(said USER | cut -d: -f1)
chown -R "$user:$user" "$work/data" "$work/media"
chmod 755 "$work"
mapfile -t env < <(said ENV | tr -s ' ' '\n')
port=$((20000 + RANDOM % 10000))
command=$(said ENTRYPOINT | tr -d '[]",')
# Nothing of the host's environment, no capabilities, a root for reading.
env --ignore-environment "PATH=/usr/local/bin:/usr/bin:/bin" "${env[@]}" PONTUS_PORT="$port" \
  setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs \
  bwrap --unshare-user --unshare-pid --die-with-parent --ro-bind "$root" / --proc /proc --dev /dev --tmpfs /tmp \
  --bind "$work/data" /data --bind "$work/media" /media --chdir /data \
  $command serve >"$work/log" 2>&1 &
pid=$!

ask() { curl --fail --silent --max-time 5 "http://127.0.0.1:$port$1"; }
for _ in $(seq 100); do
  ask /readyz >"$work/ready" && break
  sleep 0.2
done
grep -q '"ok":true,"detail":"native: ffmpeg' "$work/ready" || { cat "$work/log"; exit 1; }
export PONTUS_URL="http://127.0.0.1:$port" PONTUS_CREDENTIALS="$work/data/credentials.json"
npx --yes bun run pontus submit in.mp4 out/out.mp4 --profile video_mp4_320x240_240kbps --watch
ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 "$work/media/out/out.mp4"
# bwrap itself passes no signal on.
pkill -TERM --uid "$user" --exact pontus
wait "$pid" && pid= || { echo "it ended with $?"; exit 1; }
echo "the image's steps are good"
