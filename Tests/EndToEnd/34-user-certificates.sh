#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# People's certificates wherever they are: in Secrets of any type, under policies that select by label, behind admission's back, and
# in namespaces that are only looked at.
source "$(dirname "$0")/kit.sh"
source "$kit/certificates.sh"
opted_in "$NS" policies
marked='"podmint.dev/inject": "true"'

kubectl apply -n "$NS" -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 443}]}
YAML
policy() { # NAME SECRET [MORE]
    printf '{"apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy", "metadata": {"name": "%s", "namespace": "%s"}, "spec": {%s"tls": {"certificate": {"secretName": "%s"}}}}\n' \
        "$1" "$NS" "${3:-}" "$2" | kubectl apply -f - >/dev/null 2>&1
}
tried() { kubectl apply -n "$NS" --dry-run=server -f "$1" >"$E2E_WORK/answer" 2>&1; }
says() { grep -q -- "$1" "$E2E_WORK/answer"; }

# What `kubectl create secret generic` makes is of type Opaque.
leaf shop DNS:shop.example.com
secret generic shop '' Opaque | kubectl apply -n "$NS" -f - >/dev/null
may_read_secrets
workload Deployment shop "$marked, \"podmint.dev/secret\": \"generic\"" >named.json
opaque_is_looked_at() { ! tried named.json && says "web.$NS.svc is missing.*SANMissing"; }
eventually 90 opaque_is_looked_at
contains "$(cat answer)" '"workloads.podmint.dev"'
note "a Deployment that names an Opaque Secret is held against it"

# A template without an annotation is under a policy by its labels alone.
policy selects generic '"selector": {"matchLabels": {"app": "web"}}, '
workload Deployment plain '' '"replicas": 1, ' >plain.json
selected_is_looked_at() { ! tried plain.json && says "web.$NS.svc is missing.*SANMissing"; }
eventually 20 selected_is_looked_at
contains "$(cat answer)" '"selected-workloads.podmint.dev"'
sed 's/"app": "web"/"app": "other"/g' plain.json | kubectl apply -n "$NS" -f - >/dev/null
kubectl scale deployment plain -n "$NS" --replicas=0 >/dev/null
kubectl delete deployment plain -n "$NS" --wait=false >/dev/null
leaf web "DNS:web.$NS.svc"
secret generic web '' Opaque | kubectl apply -n "$NS" -f - >/dev/null
eventually 20 tried plain.json
note "a template that only a policy selects is refused at its apply while the certificate lacks its name, and passes with it"

# Mounted, since it is a certificate: nobody signs with it.
pod_manifest mounted "podmint.dev/policy=selects" | sed 's/app: mounted/app: web/' >pod.yaml
pod=$(kubectl create -n "$NS" --dry-run=server -o json -f pod.yaml)
contains "$pod" '"name": "generic"'
lacks "$pod" '"name": "podmint-agent"'
note "pods under the policy get the Secret as a volume, and no agent"

# Taken out of the Secret it would be gone from under the pod that serves with it.
kubectl create -n "$NS" -f pod.yaml >/dev/null
takes_away() { ! kubectl patch secret generic -n "$NS" --dry-run=server --type=json -p '[{"op": "remove", "path": "/data/tls.crt"}]' >answer 2>&1; }
eventually 20 takes_away
answer=$(refused kubectl patch secret generic -n "$NS" --type=json -p '[{"op": "remove", "path": "/data/tls.crt"}]')
contains "$answer" 'tls.crt is taken away, and pod mounted serves with it'
kubectl label secret generic -n "$NS" sweep=yes >/dev/null
answer=$(kubectl delete --raw "/api/v1/namespaces/$NS/secrets?labelSelector=sweep%3Dyes&dryRun=All" 2>&1)
contains "$answer" "Secret $NS/generic: 1 pod uses it (pod mounted)"
note "a certificate that is taken out of a Secret in use is refused; deleting a whole collection names who would miss what"

# How strict a Secret is judged, its policy says before its namespace does.
sed 's/"tls.key": "[^"]*"/"tls.key": "'"$(base64 -w0 shop.key)"'"/; s/"generic"/"lenient"/' <(secret generic web) >lenient.json
refused kubectl apply -n "$NS" -f lenient.json >/dev/null
policy lenient lenient '"validation": "Warn", '
eventually 20 tried lenient.json
contains "$(kubectl apply -n "$NS" -f lenient.json 2>&1)" 'Warning: KeyMismatch'
kubectl delete secret lenient -n "$NS" >/dev/null
policy lenient lenient '"validation": "Enforce", '
kubectl label namespace "$NS" podmint.dev/validation=Off >/dev/null
sed 's/"lenient"/"behind"/' lenient.json >behind.json
eventually 20 tried behind.json
refused kubectl apply -n "$NS" -f lenient.json >/dev/null
note "a policy's validation says how its Secret is judged, before the namespace's label"

# What was stored while nobody looked is found as soon as somebody does.
kubectl apply -n "$NS" -f behind.json >/dev/null
kubectl label namespace "$NS" podmint.dev/validation- >/dev/null
faulty() {
    kubectl get events -n "$NS" --field-selector involvedObject.name=behind,reason=CertificateFaulty -o jsonpath='{.items[*].message}' |
        grep KeyMismatch >/dev/null
}
eventually 40 faulty
counted() { curl -sSf "$E2E_HEALTH/metrics" | grep -E '^podmint_user_certificates\{state="faulty"\} [1-9]' >/dev/null; }
eventually 20 counted
good() { curl -sSf "$E2E_HEALTH/metrics" | grep -E '^podmint_user_certificates\{state="good"\} [1-9]' >/dev/null; }
eventually 20 good
note "a faulty certificate that was stored behind admission's back is told in an Event and counted"

# The same by hand, wherever the cluster is named.
status=0 config=$KUBECONFIG
KUBECONFIG=/nowhere "$E2E_PODMINT" check secret behind -n "$NS" --kubeconfig "$config" >answer || status=$?
[ "$status" = 3 ] || fail "check ended with $status: $(cat answer)"
contains "$(cat answer)" '[KeyMismatch]'
contains "$(KUBECONFIG=/nowhere "$E2E_PODMINT" inspect secret/generic -n "$NS" --kubeconfig "$config")" "web.$NS.svc"
python3 - "$E2E_PODMINT" web.crt >answer <<'PYTHON'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
ours.sendall(open(sys.argv[2], "rb").read())
ours.close()
sys.exit(subprocess.run([sys.argv[1], "inspect", "-"], stdin=theirs).returncode)
PYTHON
contains "$(cat answer)" "web.$NS.svc"
{
    kubectl get tlspolicy selects -n "$NS" -o json
    echo ---
    workload Deployment shop "$marked, \"podmint.dev/policy\": \"selects\""
} >files.json
"$E2E_PODMINT" check -n "$NS" -f files.json >answer 2>&1 || fail "check of a policy and its Deployment: $(cat answer)"
contains "$(cat answer)" "there is no Secret $NS/generic among these files"
note "check and inspect take a kubeconfig, a socket, and policies among the files"

# Where podmint is only tried out, nothing is refused or changed, and everything is said.
opted_in "$NS-2" audit
answer=$(kubectl apply -n "$NS-2" -f behind.json 2>&1)
contains "$answer" 'Warning: KeyMismatch'
kubectl get secret behind -n "$NS-2" >/dev/null
answer=$(workload Deployment bad "$marked, \"podmint.dev/sanz\": \"x\"" | kubectl apply -n "$NS-2" -f - 2>&1)
contains "$answer" 'Warning: podmint audit: would refuse:'
contains "$answer" 'podmint.dev/sans'
kubectl get deployment bad -n "$NS-2" >/dev/null
answer=$(pod_manifest tried | kubectl create -n "$NS-2" -f - 2>&1)
contains "$answer" 'Warning: podmint audit: this pod would get container podmint-agent and a certificate'
pod=$(kubectl get pod tried -n "$NS-2" -o json)
lacks "$pod" '"name": "podmint-agent"'
lacks "$pod" 'podmint.dev/status'
answer=$(pod_manifest wrong podmint.dev/mode=9 | kubectl create -n "$NS-2" -f - 2>&1)
contains "$answer" 'Warning: podmint audit: would refuse: '
note "in an audit namespace a bad Secret, a bad template and an annotated pod are stored as they are, and warnings tell what would have happened"
