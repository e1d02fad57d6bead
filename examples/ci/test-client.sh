#!/usr/bin/env bash
# Tests a client: starts the fuzzing server on a free port and runs the client with
# the server's URL as its last argument.
#
#   test-client.sh COMMAND [ARGUMENT]...
#
# WSSPEC_SUITE=quick leaves out what moves much data. The exit status is that of
# "wsspec serve": 0 only if the client has run every case and is right in each, 1 if it is
# wrong somewhere or has left cases out, 3 if it has run none.
set -euo pipefail

ready=$(mktemp -d)/url
wsspec serve --no-web --listen 127.0.0.1:0 --ready-file "$ready" --idle-exit 5s --out wsspec-report \
	--suite "${WSSPEC_SUITE:-full}" --report junit=junit.xml &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
until [ -s "$ready" ]; do
	kill -0 "$server" 2>/dev/null || exit 2
	sleep 0.1
done

# What a client makes of a failed connection is its own affair: the server judges.
"$@" "$(cat "$ready")" || echo "the client ended with status $?" >&2

# A client that has never come would be waited for.
[ -n "$(find wsspec-report -name '*_case_*.json' -newer "$ready")" ] || kill -INT "$server"
status=0
wait "$server" || status=$?
exit "$status"
