#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The API server is gone for three minutes under two servers: pods are admitted all the while, and everything is itself again seconds later.
source "$(dirname "$0")/kit.sh"
source "$kit/replicas.sh"
opted_in "$NS"
namespaced "$NS-2"
service one two
"$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" | kubectl apply --server-side -f - >/dev/null
ready_replica one
ready_replica two

page() { curl -sS --max-time 5 "http://127.0.0.1:${health_port[$1]}/metrics"; }
leads() { grep '^podmint_leader 1' <<<"$(page "$1" 2>/dev/null)" >/dev/null; }
a_leader() { leads one || leads two; }
eventually 30 a_leader
declare -A process mark
for name in one two; do
    process[$name]=$(cat "$E2E_STATE/$name.pid")
    mark[$name]=$(stat -c %s "$E2E_STATE/$name.log")
done
log_of() { tail -c "+$((${mark[$1]} + 1))" "$E2E_STATE/$1.log"; }
said() { grep -F -- "$2" <<<"$(log_of "$1")" >/dev/null; }
serial() { openssl x509 -in "$E2E_WORK/$1/podmint-default/tls.crt" -noout -serial 2>/dev/null; }
verifies() { openssl verify -CAfile "$E2E_WORK/$1/podmint-default/ca.crt" "$E2E_WORK/$1/podmint-default/tls.crt" >/dev/null; }
certified() { [ -s "$E2E_WORK/$1/podmint-default/tls.crt" ]; }
renewed() { [ "$(serial "$1")" != "$2" ]; }

# agent POD ADDRESS [ANNOTATION=VALUE...]: a pod and its agent in the background; log and volume are in $E2E_WORK/POD.
agent() {
    local pod=$1 address=$2
    shift 2
    pod_manifest "$pod" "$@" | kubectl create -n "$NS" -f - >/dev/null
    give_address "$pod" "$address"
    mkdir "$E2E_WORK/$pod"
    # shellcheck disable=SC2153 # not E2E_AGENTS, which is an address
    "$kit/run-agent" "$NS" "$pod" "$E2E_WORK/$pod" "$E2E_AGENT" run 2>"$E2E_WORK/$pod/agent.log" &
}

# One that must renew ten seconds from now, and one that has time.
agent due 10.20.41.1 podmint.dev/duration=10m podmint.dev/renew-before=9m50s
agent calm 10.20.41.2
eventually 30 certified due
eventually 30 certified calm
due=$(serial due) calm=$(serial calm)

"$kit/storm" "$NS" --no-agents --until "$E2E_WORK/enough" --rate 3 >"$E2E_WORK/flow.json" &
flow=$!
# As when a machine dies: at first connections are open and nothing moves, then there is nobody.
start=$SECONDS
fault api freeze >/dev/null
sleep 60
fault api refuse >/dev/null
agent new 10.20.41.3
while [ $((SECONDS - start)) -lt 180 ]; do
    for name in one two; do
        in_service "$name" || fail "$name is not ready, though admission needs nothing but caches"
    done
    for pod in due calm; do verifies "$pod" || fail "$pod has no certificate that works"; done
    ! certified new || fail "a certificate though nobody could be asked"
    sleep 5
done
[ "$(serial due) $(serial calm)" = "$due $calm" ] || fail "a certificate changed while nobody could be asked"
contains "$(cat "$E2E_WORK/due/agent.log")" 'podmint answered 503'
contains "$(cat "$E2E_WORK/new/agent.log")" 'podmint answered 503'
! a_leader || fail "a server leads, though nobody could renew the Lease"
fault api clear >/dev/null
back=$(date +%s%N)
since_then() { echo $((($(date +%s%N) - back) / 1000000)); }

# A watch that is open says nothing before something changes: what is asked here is when each was opened, or listed anew.
live() {
    local name
    for name in one two; do
        page "$name" | awk '/^podmint_cache_silence_seconds/ { count++; if ($2 > 20) old++ } END { exit !(count && !old) }' || return 1
    done
}
eventually 15 live
cached=$(since_then)
one_leader() { [ "$(for name in one two; do page "$name"; done | grep -c '^podmint_leader 1')" = 1 ]; }
eventually 15 one_leader
led=$(since_then)
kubectl label namespace "$NS-2" podmint.dev/injection=enabled >/dev/null
eventually 15 kubectl get configmap podmint-root -n "$NS-2"
note "back after 180 s: every cache of both servers is live after $cached ms, one of them leads after $led ms, and writes what is due"

eventually 60 renewed due "$due"
# A pod without a certificate is told to come again, and comes ever more seldom: up to two minutes.
eventually 130 certified new
for pod in due calm new; do verifies "$pod" || fail "the certificate of $pod does not verify"; done
[ "$(serial calm)" = "$calm" ] || fail "a certificate was replaced for nothing"
note "the certificate that was due is renewed, the pod that was made meanwhile has its own $(since_then) ms after the return, and the third keeps what it had"

touch "$E2E_WORK/enough"
wait "$flow"
result=$(cat "$E2E_WORK/flow.json")
[ "$(came_of "$result" created)" -ge 300 ] || fail "pods were not created meanwhile: $result"
[ "$(came_of "$result" failed) $(came_of "$result" "not injected")" = '0 0' ] || fail "creations failed: $result"
note "all the while pods were created, each with its agent: $result"

for name in one two; do
    [ "$(cat "$E2E_STATE/$name.pid")" = "${process[$name]}" ] || fail "$name was restarted"
    kill -0 "${process[$name]}" || fail "$name has ended"
    for word in 'cannot follow namespaces' 'follows namespaces again' 'follows Services again' 'cannot read or write the Lease'; do
        said "$name" "$word" || fail "the log of $name does not say: $word"
    done
    lacks "$(log_of "$name")" 'Fatal error'
    lacks "$(log_of "$name")" 'podmint is starting'
done
said one 'no longer leading' || said two 'no longer leading' || fail "nobody's log says that the lead was lost"
said one '"leading: ' || said two '"leading: ' || fail "nobody's log says that the lead was taken again"
"$kit/check-audit" "$E2E_STATE"/*.audit || fail "the audit is not whole"
