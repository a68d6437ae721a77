#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A namespace whose policy needs more rights: podmint status says so, manifests --allow-namespace gives them, and each one is used.
source "$(dirname "$0")/kit.sh"
cd "$E2E_WORK"
opted_in "$NS" policies
# The binding stays until the suite has looked whether all that it grants was used (check-rights); 90-uninstall knows of it.
trap - EXIT
echo "$NS" >"$E2E_STATE/allowed"

rights() { "$E2E_PODMINT" status --audit "$E2E_STATE/podmint.audit" | grep "^rights .*namespace $NS "; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 365 -subj /CN=custom \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
kubectl apply -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "custom-ca"}, "data": {"ca.crt": "$(base64 -w0 ca.crt)", "ca.key": "$(base64 -w0 ca.key)"}}
{"apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy", "metadata": {"name": "default"},
 "spec": {"selector": {"matchLabels": {"app": "web"}}, "tls": {"certificate": {"secretName": "custom-ca"}}}}
JSON
eventually 30 rights
command=$(rights | grep -o 'podmint manifests .*')
[ "$command" = "podmint manifests --allow-namespace $NS" ] || fail "status asks for: $command"
# It selects this pod; nobody may look what its Secret is, so it is taken for a certificate.
pods() { kubectl get tlspolicy default -n "$NS" -o jsonpath='{.status.pods} {.status.missedPods}'; }
counts() { [ "$(pods)" = "$1" ]; }
unannotated() { pod_manifest web | sed '/annotations:/,/inject:/d' | kubectl create -n "$NS" -f - >/dev/null 2>&1; }
eventually 20 unannotated
lacks "$(kubectl get pod web -n "$NS" -o json)" podmint-agent
eventually 40 counts '1 0'
contains "$("$E2E_PODMINT" explain web -n "$NS")" 'Secret custom-ca is mounted; nothing is signed'
contains "$("$E2E_PODMINT" status --audit "$E2E_STATE/podmint.audit")" 'mounted'
note "without the right: status names namespace, policy and command; a Secret is mounted unseen, and its pod counts as carrying it"

"$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" --allow-namespace "$NS" | kubectl apply --server-side -f - >/dev/null
gone() { ! rights; }
eventually 60 gone
# What waits for a certificate that never comes has missed its agent.
eventually 60 counts '0 1'
kubectl delete pod web -n "$NS" >/dev/null
injected() {
    kubectl delete pod web -n "$NS" --ignore-not-found >/dev/null
    unannotated && kubectl get pod web -n "$NS" -o json | grep podmint-agent >/dev/null
}
eventually 30 injected
give_address web 10.20.41.1
certificate_request request
signed() { [ "$(post_request "$(token "$NS" web podmint.dev)" request.csr answer)" = 200 ]; }
for _ in 1 2 3 4 5 6; do signed && break; sleep 5; done
openssl verify -CAfile ca.crt answer >/dev/null || fail "a person's CA does not sign: $(cat answer)"
eventually 40 counts '1 0'
note "with it: a pod that is made anew gets the agent, and that Secret's CA signs"
