#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Both protocols answer a real review, hostile input is refused, and health says what is missing.
source "$(dirname "$0")/kit.sh"

samples=$(dirname "$0")/../AdmissionTests/Samples
for version in http1.1 http2; do
    answer=$(curl -sS "--$version" --cacert "$E2E_SERVING_CA" -H 'Content-Type: application/json' -w '\n%{http_version} %{http_code}' \
        --data-binary "@$samples/pod-create-by-replicaset.json" "$E2E_ADMISSION/mutate/pods?timeout=5s")
    contains "$answer" '"allowed":true'
    contains "$answer" "$(grep -oE '"uid":"[^"]+"' "$samples/pod-create-by-replicaset.json" | head -1)"
    note "$version: $(tail -1 <<<"$answer")"
done

status() { curl -sS --cacert "$E2E_SERVING_CA" -o /dev/null -w '%{http_code}' "$@"; }
[ "$(status -d '{}' "$E2E_ADMISSION/mutate/pods")" = 400 ] || fail "an empty object should be a 400"
[ "$(status -d '{"kind":' "$E2E_ADMISSION/mutate/pods")" = 400 ] || fail "broken JSON should be a 400"
[ "$(status "$E2E_ADMISSION/mutate/pods")" = 405 ] || fail "GET should be a 405"
[ "$(status -d x "$E2E_ADMISSION/no/such/path")" = 404 ] || fail "an unknown path should be a 404"
[ "$(status -d x "$E2E_ADMISSION/v1/certificates")" = 404 ] || fail "issuance must not answer on the webhook's listener"
[ "$(status -d x "$E2E_AGENTS/mutate/pods")" = 404 ] || fail "admission must not answer on the agents' listener"
[ "$(status -d '{}' "$E2E_ADMISSION/validate/gateways")" = 404 ] || fail "an unknown path of webhooks takes no more than reviews"
note "what is not a review is refused with its own status; each listener serves only its own"

# What the manifests of another version register: a failed webhook would refuse the object until all servers are of that version.
for path in /validate/gateways /mutate/gateways /validate/policies; do
    answer=$(curl -sS --cacert "$E2E_SERVING_CA" --data-binary "@$samples/pod-create-by-replicaset.json" "$E2E_ADMISSION$path?timeout=5s")
    contains "$answer" '"allowed":true'
    contains "$answer" "$(grep -oE '"uid":"[^"]+"' "$samples/pod-create-by-replicaset.json" | head -1)"
    contains "$answer" "$path"
done
page=$(curl -sS "$E2E_HEALTH/metrics")
for counted in 'endpoint="other",verdict="unknown"} 2' 'endpoint="/validate/policies",verdict="unknown"} 1'; do
    contains "$page" "podmint_admissions_total{$counted"
done
note "reviews at a path, or of a kind, that only another version serves are allowed with a warning that names it, and counted"

contains "$(curl -sS "$E2E_HEALTH/readyz?verbose")" 'ready'
[ "$(curl -sS -o /dev/null -w '%{http_code}' "$E2E_HEALTH/livez")" = 200 ] || fail "livez"
contains "$(curl -sS "$E2E_HEALTH/metrics")" 'podmint_admissions_total'
note "live, ready and counted"
