#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The API server is gone, frozen, cut off in mid-object, slow or out of sorts: agents keep what works, and get what is due afterwards.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

log_since() { tail -c "+$((log_start + 1))" "$E2E_STATE/podmint.log"; }
mark_log() { log_start=$(stat -c %s "$E2E_STATE/podmint.log"); }
said() { log_since | grep -F -- "$1" >/dev/null; }
ready() { curl -sSf "$E2E_HEALTH/readyz"; }
serial() { openssl x509 -in "$1/podmint-default/tls.crt" -noout -serial 2>/dev/null; }
differs() { [ "$(serial "$1")" != "$2" ]; }
verifies() { openssl verify -CAfile "$1/podmint-default/ca.crt" "$1/podmint-default/tls.crt"; }

# agent POD [ANNOTATION=VALUE...]: a pod and its agent in the background; log and volume are in $E2E_WORK/POD.
agent() {
    local pod=$1
    shift
    pod_manifest "$pod" "$@" | kubectl create -n "$NS" -f - >/dev/null
    give_address "$pod" "10.20.31.$((++address))"
    mkdir -p "$E2E_WORK/$pod"
    "$kit/run-agent" "$NS" "$pod" "$E2E_WORK/$pod" "$E2E_AGENT" run 2>"$E2E_WORK/$pod/agent.log" &
}
address=0
# What a renewal five seconds after the first certificate takes.
soon=(podmint.dev/duration=5m podmint.dev/renew-before=4m55s)

# watched NAME SECONDS: podmint learns by its watches that a namespace opted in, and writes its anchor there.
watched() {
    kubectl label namespace "$NS-2" "seen=$1" podmint.dev/injection=enabled --overwrite >/dev/null
    kubectl delete configmap podmint-root -n "$NS-2" >/dev/null 2>&1 || true
    eventually "$2" kubectl get configmap podmint-root -n "$NS-2"
}
namespaced "$NS-2"
watched start 20


mark_log
agent gone "${soon[@]}"
eventually 30 test -s "$E2E_WORK/gone/podmint-default/tls.crt"
before=$(serial "$E2E_WORK/gone")
fault api refuse >/dev/null
eventually 30 grep -q 'podmint answered 503' "$E2E_WORK/gone/agent.log"
eventually 10 said 'cannot follow namespaces'
# For longer than a Lease lasts (15 s).
eventually 20 said 'no longer leading'
sleep 10
[ "$(serial "$E2E_WORK/gone")" = "$before" ] || fail "the certificate changed while nobody could be asked"
verifies "$E2E_WORK/gone" >/dev/null || fail "the certificate that worked does not any more"
pod_manifest meanwhile | kubectl create -n "$NS" -f - >/dev/null
contains "$(kubectl get pod meanwhile -n "$NS" -o json)" podmint-agent
ready >/dev/null || fail "admission needs nothing but caches; it should be ready"
fault api clear >/dev/null
eventually 30 differs "$E2E_WORK/gone" "$before"
leads_again() { log_since | sed -n '/"no longer leading/,$p' | grep -F '"leading: ' >/dev/null; }
eventually 30 leads_again
watched gone 40
eventually 10 said 'follows namespaces again'
# What was admitted meanwhile is served like any other.
give_address meanwhile 10.20.31.200
mkdir "$E2E_WORK/meanwhile"
"$kit/run-agent" "$NS" meanwhile "$E2E_WORK/meanwhile" "$E2E_AGENT" init 2>"$E2E_WORK/meanwhile/agent.log" || fail "$(cat "$E2E_WORK/meanwhile/agent.log")"
note "API server gone for longer than the Lease lasts: the lead is given up and taken again; pods are admitted, the agent keeps its certificate and is told why; then it renews, and watches go on"

mark_log
agent frozen "${soon[@]}"
eventually 30 test -s "$E2E_WORK/frozen/podmint-default/tls.crt"
before=$(serial "$E2E_WORK/frozen")
fault api freeze >/dev/null
eventually 60 grep -q 'podmint answered 503' "$E2E_WORK/frozen/agent.log"
said 'Could not review a token' || fail "the log does not say that no token could be reviewed"
eventually 60 said 'cannot follow namespaces'
fault api clear >/dev/null
eventually 60 differs "$E2E_WORK/frozen" "$before"
watched frozen 60
eventually 10 said 'follows namespaces again'
note "API server frozen with its connections open: found out, told, and mended when it moves again"

printf '{"metadata": {"annotations": {"filler": "%s"}}}' "$(head -c 150000 /dev/zero | tr '\0' x)" >"$E2E_WORK/filler.json"
kubectl patch namespace "$NS-2" --type=merge --patch-file="$E2E_WORK/filler.json" >/dev/null
mark_log
fault api cut-after 40000 >/dev/null
watched cut 30
eventually 10 said 'cannot follow'
note "a watch cut in the middle of an object: the object is not lost"

fault api split 1 >/dev/null
fault agents split 1 >/dev/null
agent split
eventually 60 test -s "$E2E_WORK/split/podmint-default/tls.crt"
fault api clear >/dev/null
fault agents clear >/dev/null
note "every byte alone, on both ways: a certificate all the same"

# A SYN, a TLS handshake and a request: all of it late, and then connections reset while requests are under way.
fault agents delay 400 >/dev/null
fault api delay 300 >/dev/null
for pod in late-1 late-2 late-3; do agent "$pod"; done
for _ in 1 2 3 4 5 6; do
    sleep 0.7
    fault agents reset >/dev/null
    fault api reset >/dev/null
done
for pod in late-1 late-2 late-3; do eventually 60 test -s "$E2E_WORK/$pod/podmint-default/tls.crt"; done
fault agents clear >/dev/null
fault api clear >/dev/null
note "slow, and reset six times over: three agents get their certificates"

# Every connection closed in the orderly way while nothing goes on: nobody takes that for a failure of what is asked next.
mark_log
fault api cut >/dev/null
fault agents cut >/dev/null
agent cut
eventually 30 test -s "$E2E_WORK/cut/podmint-default/tls.crt"
watched closed 30
note "every connection closed: opened again, and nothing is missed"
for pod in gone meanwhile cut frozen split late-1 late-2 late-3; do verifies "$E2E_WORK/$pod" >/dev/null || fail "the certificate of $pod does not verify"; done
"$kit/check-audit" "$E2E_STATE"/*.audit >/dev/null || fail "$("$kit/check-audit" "$E2E_STATE"/*.audit)"
lacks "$(log_since)" 'Fatal error'
