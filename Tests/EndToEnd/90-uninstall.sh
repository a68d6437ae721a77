#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Uninstalled by the documented commands: nothing is left behind, pods keep what they have; installed again, they are served again.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

# With the options that the installation had.
options=(--advertise "$E2E_ADMISSION")
[ ! -e "$E2E_STATE/allowed" ] || options+=(--allow-namespace "$(cat "$E2E_STATE/allowed")")
install() {
    "$E2E_PODMINT" manifests "${options[@]}" | kubectl apply --server-side -f - >/dev/null
    # The account is another one now, so its tokens are too; and the serving CA is new.
    "$kit/account-kubeconfig" "127.0.0.1:$(fault api port)" >"$E2E_KUBECONFIG"
    "$kit/server" start
    eventually 30 curl -sSf "$E2E_HEALTH/readyz"
    kubectl get secret podmint-serving -n podmint-system -o jsonpath='{.data.ca\.crt}' | base64 -d >"$E2E_SERVING_CA"
}

volume=$E2E_WORK/pod/podmint-default
serial() { openssl x509 -in "$volume/tls.crt" -noout -serial; }
differs() { [ "$(serial)" != "$1" ]; }
pod_manifest stays podmint.dev/duration=5m podmint.dev/renew-before=4m50s | kubectl create -n "$NS" -f - >/dev/null
give_address stays 10.20.33.1
"$kit/run-agent" "$NS" stays "$E2E_WORK/pod" "$E2E_AGENT" run 2>"$E2E_WORK/agent.log" &
eventually 30 test -s "$volume/tls.crt"
[ -n "$(left_behind)" ] || fail "the search for what is podmint's finds nothing while it is there"

"$kit/server" stop
before=$(serial)
# docs/operations.md, word for word but for the options.
kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration podmint >/dev/null
"$E2E_PODMINT" manifests "${options[@]}" | kubectl delete --ignore-not-found -f - >/dev/null 2>&1
kubectl delete configmap --all-namespaces --field-selector metadata.name=podmint-root >/dev/null
[ -z "$(left_behind)" ] || fail "left behind:
$(left_behind)"
note "nothing is left behind"

pod_manifest without | kubectl create -n "$NS" -f - >/dev/null
lacks "$(kubectl get pod without -n "$NS" -o json)" podmint-agent
eventually 30 grep -q 'next try in' "$E2E_WORK/agent.log"
[ "$(serial)" = "$before" ] || fail "the certificate changed without podmint"
openssl verify -CAfile "$volume/ca.crt" "$volume/tls.crt" >/dev/null || fail "what a pod had does not work any more"
note "annotated pods are created as they are; one with an agent keeps its certificate, and the agent says that podmint is away"

install
eventually 20 kubectl get configmap podmint-root -n "$NS"
# What the kubelet does within a minute or two: the new anchor reaches the agent's volume.
kubectl get configmap podmint-root -n "$NS" -o jsonpath='{.data.ca\.crt}' >"$E2E_WORK/pod/podmint-token/root.crt"
eventually 60 differs "$before"
openssl verify -CAfile "$volume/ca.crt" "$volume/tls.crt" >/dev/null || fail "the certificate of the new authority does not verify"
note "installed again: its agent trusts the new podmint by ConfigMap podmint-root, and renews"
