#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two servers in a storm of pods: one killed, one told to end while it signs, the leader killed while it writes. Nothing is lost.
source "$(dirname "$0")/kit.sh"
source "$kit/replicas.sh"
opted_in "$NS"
service one two three
"$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" | kubectl apply --server-side -f - >/dev/null
ready_replica one
ready_replica two

pods() { kubectl get pods -n "$NS" --no-headers 2>/dev/null | wc -l; }
more_than() { [ "$(pods)" -gt "$1" ]; }
all_certified() { # RESULT HOW-MANY
    [ "$(came_of "$1" created) $(came_of "$1" certificates)" = "$2 $2" ] || fail "not all $2 pods have a certificate: $1"
}

"$kit/storm" "$NS" --pods 120 --rate 40 --insist >"$E2E_WORK/killed.json" &
storm=$!
eventually 30 more_than 30
replica kill one
wait "$storm"
all_certified "$(cat "$E2E_WORK/killed.json")" 120
note "one of two killed with -9: who creates pods tries again as controllers do, and 120 agents have 120 certificates: $(cat "$E2E_WORK/killed.json")"

ready_replica three
fault api delay 150 >/dev/null
start=$(pods)
"$kit/storm" "$NS" --pods 60 --rate 60 --workers 40 >"$E2E_WORK/ended.json" &
storm=$!
eventually 30 more_than $((start + 20))
replica stop two
wait "$storm"
fault api clear >/dev/null
result=$(cat "$E2E_WORK/ended.json")
all_certified "$result" 60
[ "$(came_of "$result" failed)" = 0 ] || fail "a server that ends refused pods: $result"
contains "$(tail -n 1 "$E2E_STATE/two.log")" 'podmint has ended'
note "SIGTERM while requests wait for a slow API server: no pod refused, every agent served: $result"

# The lead was given back by the one that ended, or is taken when the Lease of the one that was killed runs out.
leads() { grep -c '"msg":"leading:' "$E2E_STATE/$1.log" 2>/dev/null || true; }
leading() { [ "$(leads "$1")" -gt "$2" ]; }
eventually 30 leading three 0
replica start one
eventually 30 in_service one
before=$(leads one)
{
    for number in $(seq 25); do
        printf '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "%s", "labels": {"podmint.dev/injection": "enabled", "of": "%s"}}}\n' \
            "$NS-many-$number" "$NS"
    done
} >"$E2E_WORK/many.yaml"
written() { kubectl get configmaps -A --field-selector metadata.name=podmint-root --no-headers 2>/dev/null | grep -c -- "$NS-many-" || true; }
some_written() { [ "$(written)" -gt 0 ]; }
all_written() { [ "$(written)" = 25 ]; }
fault api delay 60 >/dev/null
kubectl create -f "$E2E_WORK/many.yaml" >/dev/null
eventually 20 some_written
replica kill three
at_the_kill=$(written)
fault api clear >/dev/null
eventually 40 leading one "$before"
eventually 30 all_written
kubectl delete namespace -l "of=$NS" --wait=false >/dev/null
note "the leader killed after $at_the_kill of 25 writes: the next one leads, and makes the rest"
"$kit/check-audit" "$E2E_STATE"/*.audit || fail "the audit is not whole"
