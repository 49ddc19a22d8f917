#!/usr/bin/env bash
# Stops what rt-up.sh started in RT_DIR, by the recorded pids, and removes RT_DIR. May be called at any time, and twice.
set -euo pipefail
: "${RT_DIR:?}"
case $RT_DIR in /*/*) ;; *) echo "rt-down: refusing RT_DIR=$RT_DIR" >&2; exit 1 ;; esac

# The processes of the session that a recorded pid leads, and which know our folder: a pid may have been given to somebody else since.
members() {
  local stat pid fields
  for stat in /proc/[0-9]*/stat; do
    pid=${stat#/proc/} pid=${pid%/stat}
    fields=$(cut -d')' -f2- "$stat" 2>/dev/null) || continue
    # After the name: state, parent, group, session.
    [ "$(echo "$fields" | awk '{ print $4 }')" = "$1" ] || continue
    { tr '\0' '\n' <"/proc/$pid/environ" | grep -qxF "RT_DIR=$RT_DIR"; } 2>/dev/null && echo "$pid"
  done
  return 0
}

for name in rt forwarder; do
  leader=$(cat "$RT_DIR/run/$name.pid" 2>/dev/null || true)
  [ -n "$leader" ] || continue
  pids=$(members "$leader")
  [ -z "$pids" ] || kill -TERM $pids 2>/dev/null || true
  for _ in $(seq 1 50); do
    [ -n "$(members "$leader")" ] || break
    sleep 0.1
  done
  for pid in $(members "$leader"); do kill -KILL "$pid" 2>/dev/null || true; done
done
if [ -e "$RT_DIR/etc/RT_SiteConfig.pm" ] || [ -d "$RT_DIR/log" ]; then rm -rf -- "$RT_DIR"; fi
