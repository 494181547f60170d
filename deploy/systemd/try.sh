#!/bin/sh
# Boots a Debian of its own (systemd-nspawn), runs the unit in it as it stands here, and looks at what must hold. As root, after a build:
#   debootstrap --variant=minbase --include="$(deploy/systemd/try.sh --packages)" bookworm /var/tmp/playout-try
#   deploy/systemd/try.sh /var/tmp/playout-try
# The folder may be thrown away afterwards. Wants systemd-nspawn (Debian: systemd-container) and ffmpeg; this tree is seen read-only.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname -- "$(dirname -- "$here")")
if [ "${1-}" = --packages ]; then
  # What the container has, which a test compares with what addons are linked against.
  libraries=$(grep -o ' lib[a-z]*[0-9]*' "$root/deploy/container/Containerfile" | sort -u | tr -d ' ' | tr '\n' ',')
  echo "${libraries}systemd,systemd-sysv,dbus,curl,procps"
  exit
fi
machine=${1:?"the folder of a Debian with systemd, see the head of this file"}
seen=$machine/var/tmp/playout
rm -rf "$seen" && mkdir -p "$seen" "$machine/etc/retrovue" "$machine/srv/media" "$machine/opt/retrovue-playout"

install -m 644 "$here/retrovue-playout.service" "$machine/etc/systemd/system/"
install -D -m 644 "$here/retrovue-playout.sysusers.conf" "$machine/usr/lib/sysusers.d/retrovue-playout.conf"
install -m 755 "$here/try-inside.sh" "$machine/usr/local/sbin/try-playout"
ffmpeg -v error -y -f lavfi -i testsrc2=s=720x576:r=25 -f lavfi -i sine=f=440:r=48000 -t 10 \
  -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac "$machine/srv/media/demo.mp4"
{
  cat "$root/deploy/container/playout.yaml"
  echo 'defaults: { format: { width: 720, height: 576, frameRate: 25 }, encode: { video: { preset: ultrafast } } }'
} >"$machine/etc/retrovue/playout.yaml"
# The machine ends with the check, and its exit code is the check's.
cat >"$machine/etc/systemd/system/try-playout.service" <<EOF
[Unit]
After=multi-user.target
SuccessAction=exit
FailureAction=exit
FailureActionExitStatus=1
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/try-playout
StandardOutput=file:/var/tmp/playout/told
StandardError=inherit
TimeoutStartSec=180
EOF
mkdir -p "$machine/etc/systemd/system/default.target.wants"
ln -sf ../try-playout.service "$machine/etc/systemd/system/default.target.wants/"

code=0
# systemd-nspawn refuses system calls of its own accord, and those of Landlock are not among what it lets through.
systemd-nspawn --quiet --directory="$machine" --bind-ro="$root:/opt/retrovue-playout" --private-network \
  --system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self @memlock" \
  --register=no --keep-unit --console=pipe --boot >"$seen/console" 2>&1 </dev/null || code=$?
cat "$seen/told" || cat "$seen/console"
[ $code = 0 ] || { tail -n 40 "$seen/journal" 2>/dev/null; exit $code; }
ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 "$seen/seen.ts" | sort -u
