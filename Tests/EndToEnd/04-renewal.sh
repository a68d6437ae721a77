#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A running agent replaces its certificate, with a new key, while the old one still works.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

# What podmint says about names an agent hears when it asks, once a minute: the rest goes on meanwhile.
pod_manifest steady | kubectl create -n "$NS" -f - >/dev/null
give_address steady 10.20.30.43
"$kit/run-agent" "$NS" steady "$E2E_WORK/steady" "$E2E_AGENT" run 2>"$E2E_WORK/steady.log" &
steady=$!
served() { openssl x509 -in "$E2E_WORK/steady/podmint-default/tls.crt" -noout -ext subjectAltName; }
eventually 30 served
kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front"}, "spec": {"selector": {"app": "steady"}, "ports": [{"port": 443}]}}
JSON

pod_manifest short podmint.dev/duration=5m podmint.dev/renew-before=4m55s | kubectl create -n "$NS" -f - >/dev/null
give_address short 10.20.30.42
folder=$E2E_WORK/pod/podmint-default
"$(dirname "$0")/run-agent" "$NS" short "$E2E_WORK/pod" "$E2E_AGENT" run 2>"$E2E_WORK/agent.log" &
agent=$!
published() { [ -s "$folder/tls.crt" ]; }
eventually 30 published
first=$(openssl x509 -in "$folder/tls.crt" -noout -serial -pubkey)
renewed() {
    openssl x509 -in "$folder/tls.crt" -noout -serial -pubkey >"$E2E_WORK/now" && [ "$(cat "$E2E_WORK/now")" != "$first" ]
}
eventually 40 renewed
[ "$(tail -n +2 "$E2E_WORK/now")" != "$(tail -n +2 <<<"$first")" ] || fail "the renewal kept the old key"
openssl verify -CAfile "$folder/ca.crt" "$folder/tls.crt" >/dev/null || fail "the renewed certificate does not verify"
note "renewed with a new key: $(head -1 "$E2E_WORK/now")"

kill -TERM "$agent"
wait "$agent" || fail "the agent should end with 0 on SIGTERM"
lacks "$(cat "$E2E_WORK/agent.log")" 'PRIVATE KEY'
note "SIGTERM ends the agent at once, and its log holds no key"

renamed() { served | grep "DNS:front.$NS.svc" >/dev/null; }
eventually 100 renamed
kill -TERM "$steady"
wait "$steady"
note "a running agent gets a certificate with the name of a Service that came to select its pod"
