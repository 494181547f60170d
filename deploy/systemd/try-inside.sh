#!/bin/sh
# Within the machine that try.sh boots.
set -eu
unit=retrovue-playout
program=/opt/retrovue-playout/bin/retrovue-playout
seen=/var/tmp/playout
trap 'journalctl --no-pager -o cat -u $unit >$seen/journal' EXIT

fail() {
  echo "FAILED: $1"
  systemctl --no-pager --full status $unit || true
  exit 1
}
passed() { echo "passed: $1"; }
value() { systemctl show -P "$1" $unit; }
# Asks again while it begins.
answer() { curl -sf --retry 20 --retry-delay 1 --retry-max-time 20 --retry-all-errors "http://127.0.0.1:$1"; }
on_air() { answer 9308/readyz | grep -q '"state":"ready"'; }
until_on_air() { for _ in 1 2 3 4 5 6 7 8 9 10; do if on_air; then return; fi; sleep 1; done; fail "the channel is not on air"; }
head_of_bus() { $program bus ls --json | grep -oE '"head": *"?[0-9]+' | grep -oE '[0-9]+'; }

systemctl start $unit || fail "it does not start"
until_on_air
passed "started as $(ps -o user= -p "$(value MainPID)"), on air"
answer 9308/healthz >$seen/health
grep -q '"missing":{}' $seen/health || fail "the sandbox lacks something: $(cat $seen/health)"
passed "workers are confined: $(cat $seen/health)"
curl -s --max-time 5 http://127.0.0.1:8091/channel/1.ts >$seen/seen.ts || true
[ "$(wc -c <$seen/seen.ts)" -gt 100000 ] || fail "a viewer gets nothing"

systemctl reload $unit && on_air || fail "it does not reload"
passed "SIGHUP is taken"

tick=$(head_of_bus)
was=$(value MainPID)
kill -KILL "$was"
for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; [ "$(value MainPID)" = "$was" ] || [ "$(value MainPID)" = 0 ] || break; done
until_on_air
[ "$(head_of_bus)" -gt "$tick" ] || fail "the bus went back"
[ "$(value NRestarts)" = 1 ] || fail "restarted $(value NRestarts) times"
left=$(find /sys/fs/cgroup -path "*$unit.service/cgroup.procs" -exec cat {} + | sort -un | grep -c . || true)
passed "SIGKILL of the engine: begun again, the channel by itself at its place; $left processes"

asked=$(date +%s%N)
systemctl stop $unit
took=$((($(date +%s%N) - asked) / 1000000))
[ "$(value Result)" = success ] && [ "$(value ExecMainStatus)" = 0 ] || fail "it ended with $(value Result), $(value ExecMainStatus)"
[ $took -lt 5000 ] || fail "it drained for $took ms"
left=$(find /dev/shm -type f)
[ -z "$left" ] || fail "left in shared memory: $left"
passed "stopped in $took ms, nothing is left in /dev/shm"

cp /etc/retrovue/playout.yaml $seen/playout.yaml
echo 'mistake: 1' >>/etc/retrovue/playout.yaml
systemctl start $unit || true
for _ in 1 2 3 4 5 6 7 8 9 10; do systemctl is-failed -q $unit && break; sleep 1; done
[ "$(value ExecMainStatus)" = 78 ] && [ "$(value NRestarts)" = 0 ] || fail "a faulty configuration: $(value ExecMainStatus), $(value NRestarts) restarts"
passed "a faulty configuration is told once and not tried again"
cp $seen/playout.yaml /etc/retrovue/playout.yaml

systemd-analyze verify /etc/systemd/system/$unit.service || fail "verify"
systemd-analyze security --no-pager $unit | tail -n 1
