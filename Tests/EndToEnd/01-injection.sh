#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Controllers' pods get the sidecar when they ask for it, others stay untouched, and nothing is injected twice.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

deployment() {
    cat <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1}
spec:
  replicas: 1
  selector: {matchLabels: {app: $1}}
  template:
    metadata:
      labels: {app: $1}
      annotations: {$2}
    spec:
      schedulerName: nobody
      containers:
      - {name: app, image: "registry.k8s.io/pause:3.10"}
YAML
}

deployment web 'podmint.dev/inject: "true"' | kubectl apply -n "$NS" -f - >/dev/null
deployment plain 'example.com/team: "blue"' | kubectl apply -n "$NS" -f - >/dev/null
pod_of() { kubectl get pods -n "$NS" -l "app=$1" -o name | grep pod/ >/dev/null; }
eventually 30 pod_of web
eventually 30 pod_of plain

injected=$(kubectl get pods -n "$NS" -l app=web -o json)
agent=$(kubectl get pods -n "$NS" -l app=web -o jsonpath='{.items[0].spec.initContainers[0].name} {.items[0].spec.initContainers[0].restartPolicy}')
[ "$agent" = "podmint-agent Always" ] || fail "first init container is: $agent"
contains "$injected" '"podmint-default"'
contains "$injected" '"podmint-token"'
mounts=$(kubectl get pods -n "$NS" -l app=web -o jsonpath='{.items[0].spec.containers[0].volumeMounts[*].mountPath}')
contains "$mounts" /var/run/secrets/podmint.dev/default
lacks "$(kubectl get pods -n "$NS" -l app=plain -o json)" podmint
note "a Deployment's pod is injected, its neighbour without the annotation is untouched"

# Applying an injected pod again, as it is, changes nothing.
pod_manifest once | kubectl apply -n "$NS" -f - >/dev/null
kubectl get pod once -n "$NS" -o json |
    python3 -c 'import json, sys
pod = json.load(sys.stdin)
pod["metadata"] = {"name": "again", "namespace": pod["metadata"]["namespace"], "annotations": pod["metadata"]["annotations"]}
pod.pop("status")
json.dump(pod, sys.stdout)' | kubectl create -f - >/dev/null
shape='{.spec.initContainers[*].name} {.spec.volumes[*].name}'
first=$(kubectl get pod once -n "$NS" -o "jsonpath=$shape" | sed -E 's/kube-api-access-[a-z0-9]+/token/g')
second=$(kubectl get pod again -n "$NS" -o "jsonpath=$shape" | sed -E 's/kube-api-access-[a-z0-9]+/token/g')
[ "$first" = "$second" ] || fail "injected twice: $first / $second"
note "an injected pod is not injected again"

dry=$(pod_manifest dry | kubectl apply -n "$NS" --dry-run=server -o json -f -)
contains "$dry" podmint-agent
[ -z "$(kubectl get pod dry -n "$NS" --ignore-not-found)" ] || fail "a dry run left a pod behind"
note "a dry run shows the injected pod and leaves nothing"

namespaced "$NS-2"
pod_manifest elsewhere | kubectl create -n "$NS-2" -f - >/dev/null
lacks "$(kubectl get pod elsewhere -n "$NS-2" -o json)" podmint-agent
note "a namespace that did not opt in is left alone"
