#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a Deployment's pods would be refused for is refused at its apply; the certificates it names must serve its names.
source "$(dirname "$0")/kit.sh"
source "$kit/certificates.sh"
opted_in "$NS"

marked='"podmint.dev/inject": "true"'

# The whole template is looked at, in every kind that makes pods, and every fault is told at once.
for kind in Deployment StatefulSet DaemonSet ReplicaSet Job CronJob; do
    serviceName=""
    [ "$kind" != StatefulSet ] || serviceName='"serviceName": "none", '
    workload "$kind" good "$marked" "$serviceName" | kubectl apply -n "$NS" -f - >/dev/null
    answer=$(workload "$kind" bad "$marked, \"podmint.dev/sanz\": \"x\", \"podmint.dev/mode\": \"0477\"" "$serviceName" |
        refused kubectl apply -n "$NS" -f -)
    contains "$answer" 'workloads.podmint.dev'
    contains "$answer" 'podmint.dev/sans'
    contains "$answer" '[InvalidAnnotation]'
done
note "faults in templates of all six kinds are refused at the apply"

workload Deployment good "$marked" '"replicas": 2, ' | kubectl apply -n "$NS" -f - >/dev/null
kubectl scale deployment good -n "$NS" --replicas=1 >/dev/null
note "scaling and applying again pass"

# Deletion is never blocked, and says who would miss the Secret.
leaf good "DNS:web.$NS.svc"
secret used good | kubectl apply -n "$NS" -f - >/dev/null
kubectl apply -n "$NS" -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  schedulerName: nobody
  terminationGracePeriodSeconds: 0
  containers: [{name: app, image: "registry.k8s.io/pause:3.10", volumeMounts: [{name: tls, mountPath: /tls}]}]
  volumes: [{name: tls, secret: {secretName: used}}]
YAML
deletion_warns() { kubectl delete secret used -n "$NS" --dry-run=server 2>&1 | grep 'pod user' >/dev/null; }
eventually 20 deletion_warns
answer=$(kubectl delete secret used -n "$NS" 2>&1)
contains "$answer" 'Warning:'
contains "$answer" '1 pod uses it (pod user)'
note "deleting a Secret in use warns with the name of who uses it: $(grep -o 'Secret .*' <<<"$answer" | head -1)"

# The certificate that a template names must serve the names that its pods will have. Reading it is a right that an admin gives.
kubectl apply -n "$NS" -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 443}]}
YAML
named="$marked, \"podmint.dev/secret\": \"shop-tls\""
leaf shop DNS:shop.example.com
secret shop-tls shop | kubectl apply -n "$NS" -f - >/dev/null
may_read_secrets
names_the_name() { workload Deployment shop "$named" | kubectl apply -n "$NS" -f - >"$E2E_WORK/answer" 2>&1; grep -q "web.$NS.svc is missing.*SANMissing" "$E2E_WORK/answer"; }
# podmint looks for new rights once a minute where it had none.
eventually 90 names_the_name
refused kubectl get deployment shop -n "$NS" >/dev/null
note "a Deployment whose certificate lacks a name is refused at the apply, with the name"

kubectl label namespace "$NS" podmint.dev/validation=Warn >/dev/null
warns() {
    workload Deployment shop "$named" | kubectl apply -n "$NS" --dry-run=server -f - >"$E2E_WORK/answer" 2>&1 &&
        grep -q "^Warning: SANMissing.*web.$NS.svc" "$E2E_WORK/answer"
}
eventually 20 warns
answer=$(workload Deployment shop "$named" | kubectl apply -n "$NS" -f - 2>&1)
contains "$answer" 'SANMissing'
kubectl get deployment shop -n "$NS" >/dev/null
kubectl delete deployment shop -n "$NS" >/dev/null
kubectl label namespace "$NS" podmint.dev/validation- >/dev/null
eventually 20 names_the_name
note "the same manifest in Warn mode is stored, and prints the warning"

# A ReplicaSet or DaemonSet would take the pod below for one of its own, and end it.
kubectl delete deployment,statefulset,daemonset,replicaset,job,cronjob good -n "$NS" >/dev/null

# An update that takes a name away from pods that serve by it.
leaf serving "DNS:web.$NS.svc" DNS:shop.example.com
secret serving serving | kubectl apply -n "$NS" -f - >/dev/null
kubectl apply -n "$NS" -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: server, labels: {app: web}, annotations: {podmint.dev/inject: "true", podmint.dev/secret: serving}}
spec:
  schedulerName: nobody
  terminationGracePeriodSeconds: 0
  containers: [{name: app, image: "registry.k8s.io/pause:3.10"}]
YAML
breaks() { secret serving shop | kubectl apply -n "$NS" --dry-run=server -f - >"$E2E_WORK/answer" 2>&1; grep -q 'SANMissing' "$E2E_WORK/answer"; }
eventually 20 breaks
answer=$(secret serving shop | refused kubectl apply -n "$NS" -f -)
contains "$answer" "no longer has web.$NS.svc, by which "
contains "$answer" 'podmint.dev/override'
refused kubectl apply -n "$NS" -f <(secret serving shop '"podmint.dev/override": " "') >/dev/null
kubectl label secret serving -n "$NS" touched=yes >/dev/null
answer=$(secret serving shop '"podmint.dev/override": "web moves to shop.example.com"' | kubectl apply -n "$NS" -f - 2>&1)
contains "$answer" "Warning:"
contains "$answer" "web.$NS.svc"
[ "$(kubectl get secret serving -n "$NS" -o jsonpath='{.data.tls\.crt}')" = "$(base64 -w0 shop.crt)" ] || fail "the override stored nothing"
note "an update that breaks pods is refused with the name and the pod; with a reason in podmint.dev/override it passes and warns"

# The same offline, with all that belongs together in files; and the Secret as it is.
status=0
answer=$({
    secret shop-tls shop
    echo ---
    kubectl get service web -n "$NS" -o json
    echo ---
    workload Deployment shop "$named"
} | "$E2E_PODMINT" check -n "$NS" -f - -o json) || status=$?
[ "$status" = 3 ] || fail "check ended with $status: $answer"
contains "$answer" "web.$NS.svc is missing"
contains "$answer" '"SANMissing"'
"$E2E_PODMINT" check secret shop-tls -n "$NS" >/dev/null || fail "a Secret that nobody uses is good"
contains "$("$E2E_PODMINT" inspect secret/shop-tls -n "$NS")" 'shop.example.com'
note "podmint check finds the same in files; check secret and inspect read the cluster"

# A pod that was there before its namespace opted in: an Event says so, and the metric counts it.
namespaced "$NS-2"
pod_manifest early | kubectl apply -n "$NS-2" -f - >/dev/null
kubectl label namespace "$NS-2" podmint.dev/injection=enabled >/dev/null
missed() { kubectl get events -n "$NS-2" -o jsonpath='{range .items[*]}{.reason} {.message}{"\n"}{end}' | grep '^MissedInjection .*kubectl delete pod early' >/dev/null; }
eventually 40 missed
counted() { curl -sSf "$E2E_HEALTH/metrics" | grep -E '^podmint_pods_missed_injection [1-9]' >/dev/null; }
eventually 20 counted
note "a pod that missed injection is counted and told in an Event"
