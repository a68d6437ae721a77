#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The API server answers 410, 409, 429, 500, or late: what was asked for comes all the same, and nothing is signed twice.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"
if ! api_faults '{}'; then
    not_tried "nobody here can tell the API server to fail"
fi
trap 'kubectl delete --raw /sandbox/faults >/dev/null; leave' EXIT

# anchored NAMESPACE: podmint saw it opt in, and wrote its anchor there.
anchored() {
    namespaced "$1" podmint.dev/injection=enabled
    eventually 40 kubectl get configmap podmint-root -n "$1"
}
gone() { kubectl delete namespace "$1" --wait=false >/dev/null && eventually 20 refused kubectl get namespace "$1"; }
came_of() { python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get(sys.argv[2], 0))' "$@"; }

# Every version that a watch could go on from is forgotten, and each watch is made to ask.
kubectl create --raw /sandbox/compact -f - <<<'{}' >/dev/null
api_faults '{"dropWatches": true}'
anchored "$NS-2"
note "410: lists anew, and misses nothing"

gone "$NS-2"
api_faults '{"faults": [
    {"path": "/api/v1/namespaces/'"$NS-2"'/configmaps", "method": "PATCH", "status": 409, "count": 1},
    {"path": "/api/v1/namespaces/'"$NS-2"'/configmaps", "method": "PATCH", "status": 500, "count": 1}]}'
anchored "$NS-2"
note "409 and 500 for a write: it is made again"

# Only podmint lists the Services of all namespaces. Two answers of three seconds each, one after the other: who came back by a
# pace of its own would have had both within a second.
mark=$(stat -c %s "$E2E_STATE/podmint.log")
follows() {
    # A watch that is open says nothing before something changes.
    kubectl annotate service kubernetes -n default "e2e/round=$RANDOM" --overwrite >/dev/null
    tail -c "+$((mark + 1))" "$E2E_STATE/podmint.log" | grep -F 'follows Services again' >/dev/null
}
api_faults '{"faults": [{"path": "/api/v1/services", "method": "GET", "status": 429, "retryAfterSeconds": 3, "count": 2}], "dropWatches": true}'
start=$(date +%s%N)
eventually 40 follows
waited=$((($(date +%s%N) - start) / 1000000))
[ "$waited" -ge 6000 ] || fail "429 twice, each with Retry-After: 3, and podmint was back after $waited ms"
note "429 for watches and lists: comes back when it was told to, $waited ms after two times 3 s"

api_faults '{"faults": [
    {"path": "/apis/authentication.k8s.io/v1/tokenreviews", "status": 500, "count": 5},
    {"path": "/apis/authentication.k8s.io/v1/tokenreviews", "status": 429, "retryAfterSeconds": 1, "count": 5},
    {"path": "/apis/authentication.k8s.io/v1/tokenreviews", "status": 409, "count": 2}]}'
result=$("$kit/storm" "$NS" --pods 10)
[ "$(came_of "$result" certificates)" = 10 ] || fail "not everybody got a certificate: $result"
contains "$result" '"503": 12'
note "500, 429 and 409 for token reviews: twelve agents are told to come again, and all ten get theirs"

api_faults '{"faults": [{"path": "/apis/authentication.k8s.io/v1/tokenreviews", "delayMilliseconds": 2500, "count": 40}]}'
result=$("$kit/storm" "$NS" --pods 40 --rate 200 --workers 40)
[ "$(came_of "$result" certificates)" = 40 ] || fail "not everybody got a certificate: $result"
note "token reviews of 2.5 s each, forty at once: $result"

# Compaction, closed watches, errors everywhere, for a while, under a storm.
api_faults '{"faults": [
    {"path": "/api/v1/namespaces/'"$NS"'/pods/storm", "method": "GET", "status": 500, "count": 10},
    {"path": "/apis/authentication.k8s.io/v1/tokenreviews", "status": 500, "count": 10},
    {"path": "/api/v1/services", "method": "GET", "status": 500, "count": 3}], "dropWatches": true}'
result=$("$kit/storm" "$NS" --pods 40 --insist)
[ "$(came_of "$result" certificates)" = 40 ] || fail "not everybody got a certificate: $result"
note "errors in the middle of a storm: $result"
"$kit/check-audit" "$E2E_STATE"/*.audit || fail "the audit is not whole"
