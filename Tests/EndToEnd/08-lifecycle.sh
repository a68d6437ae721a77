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

# A certificate of nobody's, good enough for a Secret.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=held -addext subjectAltName=DNS:held.example \
    -keyout "$E2E_WORK/held.key" -out "$E2E_WORK/held.crt" -days 30 2>/dev/null
before=$(bundle)
first=$(authority)
[ -n "$before" ] || fail "the caBundle is empty"
install
[ "$(bundle)" = "$before" ] || fail "applying the manifests again took the caBundle away"
for pod in again again-2; do pod_manifest "$pod" | kubectl create -n "$NS" -f - >/dev/null; done
note "the manifests applied again leave the caBundle alone"

# What the webhooks look at, made while somebody answers.
kubectl create secret tls held --cert="$E2E_WORK/held.crt" --key="$E2E_WORK/held.key" --dry-run=client -o json |
    kubectl create -n "$NS" -f - >/dev/null
kubectl create -n "$NS" -f - >/dev/null <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: held}
spec:
  replicas: 2
  selector: {matchLabels: {app: held}}
  template:
    metadata: {labels: {app: held}, annotations: {podmint.dev/inject: "true"}}
    spec:
      schedulerName: nobody
      containers: [{name: app, image: "registry.k8s.io/pause:3.10"}]
YAML

# One that no policy selects, where they select by label.
opted_in "$NS-2" policies
kubectl create -n "$NS-2" -f - >/dev/null <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain}
spec:
  replicas: 0
  selector: {matchLabels: {app: plain}}
  template:
    metadata: {labels: {app: plain}}
    spec:
      schedulerName: nobody
      containers: [{name: app, image: "registry.k8s.io/pause:3.10"}]
YAML

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
kubectl label secret "held" -n "$NS" seen=yes >/dev/null
kubectl patch deployment held -n "$NS" --type=merge -p '{"spec": {"replicas": 1}, "metadata": {"finalizers": ["example.com/held"]}}' >/dev/null
kubectl patch deployment held -n "$NS" --type=merge -p '{"metadata": {"finalizers": null}}' >/dev/null
answer=$(refused kubectl set image deployment/held -n "$NS" app=example.com/other:2)
contains "$answer" 'workloads.podmint.dev'
kubectl delete deployment held -n "$NS" --wait=false >/dev/null
kubectl scale deployment plain -n "$NS-2" --replicas=2 >/dev/null
kubectl patch deployment plain -n "$NS-2" --type=merge -p '{"spec": {"replicas": 1}, "metadata": {"labels": {"seen": "yes"}}}' >/dev/null
answer=$(refused kubectl set image deployment/plain -n "$NS-2" app=example.com/other:2)
contains "$answer" 'selected-workloads.podmint.dev'
kubectl delete deployment plain -n "$NS-2" --wait=false >/dev/null
note "nor does what changes nothing about certificates: a label on a TLS Secret, scaling and the end of an annotated Deployment"

kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration podmint >/dev/null
pod_manifest rescued | kubectl create -n "$NS" -f - >/dev/null
lacks "$(kubectl get pod rescued -n "$NS" -o json)" podmint-agent
note "the one-line rescue lets them through"

"$server" start
eventually 20 ready
told() { curl -s "$E2E_HEALTH/readyz?verbose" | grep -F -- "$1" >/dev/null; }
eventually 20 told '[-]webhooks'
give_address again-2 10.20.36.1
timeout 60 "$kit/run-agent" "$NS" again-2 "$E2E_WORK/pod" "$E2E_AGENT" init 2>"$E2E_WORK/agent.log" ||
    fail "agents get nothing while nobody calls the webhooks: $(cat "$E2E_WORK/agent.log")"
note "without its webhooks the server says so, and serves its agents all the same"
install
eventually 20 told '[+]webhooks'
[ "$(authority)" = "$first" ] || fail "the authority changed over a restart"
pod_manifest back | kubectl create -n "$NS" -f - >/dev/null
contains "$(kubectl get pod back -n "$NS" -o json)" podmint-agent
note "a restarted server is itself again once the manifests are back"

# The command of docs/operations.md that removes the anchors; podmint, which is still there, writes them again.
anchor() { kubectl get configmap podmint-root -n "$NS" -o jsonpath='{.metadata.uid}'; }
another_anchor() { [ "$(anchor)" != "$former" ] && [ -n "$(anchor)" ]; }
former=$(anchor)
command=$(grep -oE 'kubectl delete configmap .*' "$kit/../../docs/operations.md")
eval "$command" >/dev/null
eventually 20 another_anchor
note "the anchors that a removal leaves go as docs/operations.md says: $command"
