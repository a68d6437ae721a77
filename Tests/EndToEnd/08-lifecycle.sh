#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Manifests applied again, a server that is gone, the rescue, a restart: nothing is lost, and only what asked for podmint waits for it.
source "$(dirname "$0")/kit.sh"
server=$kit/server
opted_in "$NS"

bundle() { kubectl get mutatingwebhookconfiguration podmint -o jsonpath='{.webhooks[0].clientConfig.caBundle}'; }
install() { "$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" | kubectl apply --server-side -f - >/dev/null; }
ready() { curl -sSf "$E2E_HEALTH/readyz"; }
authority() { kubectl get secret podmint-ca-default -n podmint-system -o jsonpath='{.data.ca\.crt}'; }

before=$(bundle)
first=$(authority)
[ -n "$before" ] || fail "the caBundle is empty"
install
[ "$(bundle)" = "$before" ] || fail "applying the manifests again took the caBundle away"
pod_manifest again | kubectl create -n "$NS" -f - >/dev/null
note "the manifests applied again leave the caBundle alone"

"$server" stop
contains "$(tail -n 1 "$E2E_STATE/podmint.log")" 'podmint has ended'
note "a server that is told to end says so, after it has answered what was asked of it"
answer=$(pod_manifest waiting | refused kubectl create -n "$NS" -f -)
contains "$answer" 'pods.podmint.dev'
pod_manifest plain | sed '/annotations:/d; /podmint.dev\/inject/d' | kubectl create -n "$NS" -f - >/dev/null
kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "unrelated"}, "stringData": {"password": "x"}}
JSON
kubectl label pod again -n "$NS" seen=yes >/dev/null
kubectl delete pod again -n "$NS" --force --grace-period=0 >/dev/null 2>&1
note "while the server is gone, annotated pods wait; other pods, Secrets, updates and deletions do not"

kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration podmint >/dev/null
pod_manifest rescued | kubectl create -n "$NS" -f - >/dev/null
lacks "$(kubectl get pod rescued -n "$NS" -o json)" podmint-agent
note "the one-line rescue lets them through"

"$server" start
sleep 1
contains "$(curl -s "$E2E_HEALTH/readyz?verbose")" '[-]webhooks'
install
eventually 20 ready
[ "$(authority)" = "$first" ] || fail "the authority changed over a restart"
pod_manifest back | kubectl create -n "$NS" -f - >/dev/null
contains "$(kubectl get pod back -n "$NS" -o json)" podmint-agent
note "a restarted server says what is missing, and is itself again once the manifests are back"

# The command of docs/operations.md that removes the anchors; podmint, which is still there, writes them again.
anchor() { kubectl get configmap podmint-root -n "$NS" -o jsonpath='{.metadata.uid}'; }
another_anchor() { [ "$(anchor)" != "$former" ] && [ -n "$(anchor)" ]; }
former=$(anchor)
command=$(grep -oE 'kubectl delete configmap .*' "$kit/../../docs/operations.md")
eval "$command" >/dev/null
eventually 20 another_anchor
note "the anchors that a removal leaves go as docs/operations.md says: $command"
