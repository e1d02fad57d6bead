#!/usr/bin/env bash
# Tests a server: starts it, waits until it listens, runs the cases, ends it.
#
#   test-server.sh URL COMMAND [ARGUMENT]...
#
# WSSPEC_SUITE=quick leaves out what moves much data. The exit status is that of
# "wsspec test": 0 where all is as it should be or as known.txt says, if there is such a file.
set -euo pipefail

url=$1
shift
set -m # a process group of its own, so that what the command starts ends with it
"$@" &
set +m
server=$!
trap 'kill -- "-$server" 2>/dev/null || true' EXIT

scratch=$(mktemp -d)
for _ in $(seq 60); do # status 3: nobody listens
	status=0
	wsspec test "$url" --insecure --cases 1.1.1 --quiet --out "$scratch" >/dev/null 2>&1 || status=$?
	[ "$status" = 3 ] || break
	kill -0 "$server" 2>/dev/null || { echo "the server has ended: $*" >&2; exit 3; }
	sleep 1
done

known=()
[ -f known.txt ] && known=(--baseline known.txt)
wsspec test "$url" --suite "${WSSPEC_SUITE:-full}" --out wsspec-report --report junit=junit.xml ${known[@]+"${known[@]}"}
