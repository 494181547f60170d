#!/bin/sh
# Builds the container file, runs a channel in the image as its head says, and looks at what must hold there. Leaves the image.
#   deploy/container/try.sh        RUNTIME=docker deploy/container/try.sh
# $BUILD_FLAGS and $RUN_FLAGS are handed on, as where a proxy or its certificate is needed; BUILD=no takes the image that is there.
# Wants ffmpeg and curl.
set -eu
cd "$(dirname -- "$0")/../.."

runtime=${RUNTIME:-podman}
image=${IMAGE:-retrovue-playout}
name=retrovue-try-$$
work=$(mktemp -d)
port=${VIEW_PORT:-18091}
metrics=${METRICS_PORT:-19308}
program=/opt/retrovue-playout/bin/retrovue-playout

tidy() {
  # One by one: the first that is not there would keep the others from being removed.
  for each in "$name-reader" "$name"; do $runtime rm -f "$each" >/dev/null 2>&1 || true; done
  $runtime volume rm -f "$name" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap tidy EXIT
fail() {
  echo "FAILED: $1" >&2
  $runtime logs "$name" >&2 || true
  exit 1
}
passed() { echo "passed: $1"; }
# Asks again while it begins.
answer() { curl -sf --retry 20 --retry-delay 1 --retry-max-time 20 --retry-all-errors "http://127.0.0.1:$1"; }

# shellcheck disable=SC2086
[ "${BUILD-}" = no ] || $runtime build ${BUILD_FLAGS:-} -f deploy/container/Containerfile -t "$image" .

# Everybody may read it: the container's user is nobody here.
chmod 755 "$work"
mkdir "$work/media"
ffmpeg -v error -f lavfi -i testsrc2=s=720x576:r=25 -f lavfi -i sine=f=440:r=48000 -t 10 \
  -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac "$work/media/demo.mp4"
{
  cat deploy/container/playout.yaml
  echo 'defaults: { format: { width: 720, height: 576, frameRate: 25 }, encode: { video: { preset: ultrafast } } }'
} >"$work/playout.yaml"

# shellcheck disable=SC2086
$runtime run -d --name "$name" --init --read-only --cap-drop ALL --security-opt no-new-privileges --ipc shareable --shm-size 1g \
  --tmpfs /tmp -v "$work/playout.yaml:/etc/retrovue/playout.yaml:ro" -v "$work/media:/srv/media:ro" \
  -v "$name:/var/lib/retrovue-playout" -p "127.0.0.1:$port:8091" -p "127.0.0.1:$metrics:9308" ${RUN_FLAGS:-} "$image" >/dev/null

answer "$metrics/readyz" >"$work/ready" || fail "/readyz does not answer"
passed "/readyz: $(cat "$work/ready")"
curl -s --max-time 6 "http://127.0.0.1:$port/channel/1.ts" >"$work/seen.ts" || true
codecs=$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$work/seen.ts" | sort -u | tr '\n' ' ')
case $codecs in *aac*h264*) passed "on air: $codecs$(wc -c <"$work/seen.ts") bytes in 6 s" ;; *) fail "what is on air is '$codecs'" ;; esac

answer "$metrics/healthz" >"$work/health"
grep -q '"missing":{}' "$work/health" || fail "the sandbox lacks something: $(cat "$work/health")"
passed "workers are confined: $(cat "$work/health")"
# The engine and its processes, whose main threads Node gives a name, by what the kernel says of them: no superuser, no capabilities, no new privileges, a filter.
$runtime exec "$name" sh -c 'for s in /proc/[0-9]*/status; do grep -sqE "^Name:.*(node|MainThread)" $s && grep -E "^(Uid|CapBnd|NoNewPrivs|Seccomp):" $s | tr -s "\t\n" " "; echo; done' |
  grep Uid >"$work/processes" || fail "no processes of the engine's are seen"
if grep -vE 'Uid: [1-9][0-9]* .*CapBnd: 0{16} .*NoNewPrivs: 1 .*Seccomp: 2' "$work/processes"; then fail "a process may too much"; fi
passed "$(wc -l <"$work/processes") processes: an ordinary user's, without capabilities, filtered"

answer "$metrics/metrics" >"$work/metrics"
grep '^retrovue_playout_frames_published_total' "$work/metrics" || fail "/metrics counts no frames"
$runtime exec "$name" $program ctl list
$runtime exec "$name" $program bus ls | tee "$work/bus"
grep -q ' live ' "$work/bus" || fail "the bus is not live"
# Another container of the same shared memory, without a network or a disk that it may write.
# shellcheck disable=SC2086
$runtime run -d --name "$name-reader" --init --read-only --cap-drop ALL --network none --ipc "container:$name" ${RUN_FLAGS:-} \
  --entrypoint sleep "$image" 120 >/dev/null
$runtime exec "$name-reader" $program bus watch playout-1/1 --count 3 || fail "another container reads no frames"
passed "another container reads the bus"

asked=$(date +%s%N)
$runtime stop -t 10 "$name" >/dev/null
took=$((($(date +%s%N) - asked) / 1000000))
code=$($runtime inspect -f '{{.State.ExitCode}}' "$name")
[ "$code" = 0 ] || fail "it ended with $code"
$runtime logs "$name" 2>&1 | grep -q '"message":"engine stopped"' || fail "it was killed before it had drained"
passed "SIGTERM: drained, exit code 0 after $took ms"
left=$($runtime exec "$name-reader" find /dev/shm -type f)
[ -z "$left" ] || fail "left in shared memory: $left"
passed "nothing is left in /dev/shm"
