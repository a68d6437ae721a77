#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A clock jumps two hours on or back, podmint's or the node's; a node sleeps past its certificate's end: what works is kept.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

clang -O1 -shared -fPIC -o "$E2E_WORK/clock.so" "$kit/clock-shift.c" -ldl
# The agent that is injected is one static file, which nothing can be put before; the same source is linked otherwise here.
swift build --product podmint-agent --quiet
shiftable=$(swift build --show-bin-path)/podmint-agent
jump() { python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("q", int(sys.argv[2])))' "$E2E_WORK/$1.shift" "$2"; }
for who in server node; do
    head -c 8 /dev/zero >"$E2E_WORK/$who.shift"
done
printf '#!/bin/sh\nexec env LD_PRELOAD=%q CLOCK_SHIFT=%q %q "$@"\n' "$E2E_WORK/clock.so" "$E2E_WORK/node.shift" "$shiftable" >"$E2E_WORK/agent"
chmod +x "$E2E_WORK/agent"

restore() {
    "$kit/server" stop
    "$kit/server" start
    eventually 30 curl -sSf "$E2E_HEALTH/readyz"
}
trap 'leave; restore' EXIT
"$kit/server" stop
LD_PRELOAD=$E2E_WORK/clock.so CLOCK_SHIFT=$E2E_WORK/server.shift "$kit/server" start
eventually 30 curl -sSf "$E2E_HEALTH/readyz"

# agent POD PROGRAM: renews ten seconds after each certificate.
agent() {
    pod_manifest "$1" podmint.dev/duration=5m podmint.dev/renew-before=4m50s | kubectl create -n "$NS" -f - >/dev/null
    give_address "$1" "10.20.35.$((++address))"
    mkdir -p "$E2E_WORK/$1"
    "$kit/run-agent" "$NS" "$1" "$E2E_WORK/$1" "$2" run 2>"$E2E_WORK/$1/agent.log" &
    eventually 30 test -s "$E2E_WORK/$1/podmint-default/tls.crt"
}
address=0
serial() { openssl x509 -in "$E2E_WORK/$1/podmint-default/tls.crt" -noout -serial; }
differs() { [ "$(serial "$1")" != "$2" ]; }
works() { openssl verify -CAfile "$E2E_WORK/$1/podmint-default/ca.crt" "$E2E_WORK/$1/podmint-default/tls.crt" >/dev/null; }
mark() { lines=$(wc -l <"$E2E_WORK/$1/agent.log"); }
said() { tail -n "+$((lines + 1))" "$E2E_WORK/$1/agent.log" | grep -E -- "$2" >/dev/null; }

agent steady "$E2E_AGENT"
for by in 7200 -7200; do
    # Behind, podmint signs what has ended already, or nothing at all where its CA is younger than that.
    [ "$by" = 7200 ] && words="this node's clock says" || words='expired at|could not sign just now'
    mark steady
    jump server "$by"
    eventually 40 said steady "$words"
    works steady || fail "what works was lost when podmint's clock jumped by $by s"
    pod_manifest "at$by" | kubectl create -n "$NS" -f - >/dev/null
    contains "$(kubectl get pod "at$by" -n "$NS" -o json)" podmint-agent
    before=$(serial steady)
    jump server 0
    eventually 90 differs steady "$before"
    works steady || fail "what came after podmint's clock was right again does not work"
done
note "podmint's clock two hours ahead, and behind: pods are admitted, the agent keeps what works and says why; then it renews"

agent jumps "$E2E_WORK/agent"
for by in 7200 -7200; do
    mark jumps
    before=$(serial jumps)
    jump node "$by"
    # The agent looks at the clock every half minute. What podmint signs then, it cannot use by its own clock.
    eventually 60 said jumps "next try in"
    works jumps || fail "what works was lost when the node's clock jumped by $by s"
    jump node 0
    eventually 90 differs jumps "$before"
    works jumps || fail "what came after the node's clock was right again does not work"
done
note "a node's clock two hours ahead, and behind: the files stay as they are, the agent says why; then it renews"

# To sleep is to find that it is later everywhere.
mark jumps
before=$(serial jumps)
jump server 7200
jump node 7200
eventually 60 differs jumps "$before"
said jumps 'expired' || fail "the agent does not say that its certificate expired meanwhile: $(cat "$E2E_WORK/jumps/agent.log")"
openssl verify -attime "$(($(date +%s) + 7200))" -CAfile "$E2E_WORK/jumps/podmint-default/ca.crt" "$E2E_WORK/jumps/podmint-default/tls.crt" >/dev/null ||
    fail "the certificate got after the sleep does not work"
jump server 0
jump node 0
note "a certificate expired while the node slept: replaced at the next look, and the log says so"
[ "$(curl -sS "$E2E_HEALTH/metrics" | grep -c '^podmint_leader 1')" = 1 ] || fail "the lead was lost to a clock"
"$kit/check-audit" "$E2E_STATE"/*.audit >/dev/null || fail "$("$kit/check-audit" "$E2E_STATE"/*.audit)"
