#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# TLSPolicies and ClusterAuthorities: kubectl explains them, what cannot work is refused or told, and every example works.
source "$(dirname "$0")/kit.sh"
cd "$(dirname "$0")/../.."
opted_in "$NS" policies

clean() { kubectl delete clusterauthority "later-$$" apps --ignore-not-found --wait=false >/dev/null 2>&1 || true; }
trap 'clean; kubectl delete namespace --wait=false "$NS" --ignore-not-found >/dev/null 2>&1 || true' EXIT

# condition RESOURCE TYPE: its status and reason, once the status is about what was applied last.
condition() {
    kubectl get "$1" -n "$NS" -o json | python3 -c '
import json, sys
thing = json.load(sys.stdin)
status = thing.get("status", {})
current = status.get("observedGeneration") == thing["metadata"]["generation"]
print(*(c["status"] + " " + c["reason"] for c in status.get("conditions", []) if current and c["type"] == sys.argv[1]))' "$2"
}
has_condition() { [[ "$(condition "$1" "$2")" == "$3"* ]]; }

policy() { printf '{"apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy", "metadata": {"name": "%s"}, "spec": %s}\n' "$1" "$2"; }

explained=$(kubectl explain tlspolicy.spec.tls)
contains "$explained" 'spec.transport.tls'
contains "$explained" 'subjectAltNames'
contains "$(kubectl explain clusterauthority.spec.allow --recursive)" 'maxDuration'
note "kubectl explain teaches both kinds"

for example in docs/examples/*.yaml; do
    kubectl apply -n "$NS" -f "$example" >"$E2E_WORK/applied" 2>&1 || fail "$example: $(cat "$E2E_WORK/applied")"
    name=$(sed -n 's/^tlspolicy.podmint.dev\/\([^ ]*\) .*/\1/p' "$E2E_WORK/applied")
    eventually 20 has_condition "tlspolicy/$name" Accepted 'True'
done
"$E2E_PODMINT" check -f docs/examples/*.yaml >"$E2E_WORK/check" || fail "check: $(cat "$E2E_WORK/check")"
contains "$(kubectl get tlsp -n "$NS")" 'AUTHORITY'
eventually 20 has_condition tlspolicy/quickstart-transport Ready 'True Ready'
eventually 20 has_condition tlspolicy/apps Ready 'True Ready'
eventually 20 has_condition clusterauthority/apps Ready 'True Ready'
eventually 20 has_condition tlspolicy/es-transport AuthorityReady 'True External'
eventually 20 has_condition tlspolicy/es-transport Ready 'False MissingReference'
# Nobody gave podmint the right to read Secrets here.
eventually 20 has_condition tlspolicy/custom-ca Ready 'False MissingRights'
kubectl get secret -n podmint-system "podmint-ca-$NS.quickstart-transport" >/dev/null || fail "no CA of the policy's own"
note "every example is applied and good for podmint check; the controller says what each still lacks"

answer=$(policy bad '{"enrollment": "push", "authority": {"selfSigned": {}, "clusterAuthority": {"name": "x"}}}' |
    refused kubectl apply -n "$NS" -f -)
contains "$answer" 'spec.enrollment: Unsupported value: "push"'
answer=$(policy bad '{"certificate": {"duration": "1d", "renewBefore": "2h"}, "authority": {}}' | refused kubectl apply -n "$NS" -f -)
contains "$answer" 'wanted a duration from 5m to 2184h'
contains "$answer" 'name exactly one of'
answer=$(policy bad '{"certificate": {"duration": "1h", "renewBefore": "2h"}}' | refused kubectl apply -n "$NS" -f -)
contains "$answer" 'renewBefore must be shorter than duration'
answer=$(policy bad '{"certificat": {}}' | refused kubectl apply -n "$NS" -f -)
contains "$answer" 'unknown field "spec.certificat"'
note "the API server refuses what the schema and its rules do not allow"

# shellcheck disable=SC2016 # the API has variables of its own
answer=$(policy bad '{"enrollment": "Pull", "service": {}, "tls": {"subjectAltNames": [{"dns": "${POD}.example"}, {"ip": "1.2.3"}]}}' |
    refused kubectl apply -n "$NS" -f -)
contains "$answer" 'denied the request: TLSPolicy'
contains "$answer" 'has 4 faults'
for field in spec.enrollment spec.service 'spec.tls.subjectAltNames[0].dns' 'spec.tls.subjectAltNames[1].ip'; do contains "$answer" "$field"; done
contains "$answer" '[NotInThisVersion]'
printf '%s' "$(policy bad '{"enrollment": "Pull", "tls": {"subjectAltNames": [{"ip": "1.2.3"}]}}')" >"$E2E_WORK/bad.json"
status=0
"$E2E_PODMINT" check -f "$E2E_WORK/bad.json" >"$E2E_WORK/check" || status=$?
[ "$status" = 3 ] || fail "check ended with $status"
contains "$(cat "$E2E_WORK/check")" 'has 2 faults'
note "podmint refuses the rest, with every fault at once, and check says the same"

answer=$(policy waits "{\"authority\": {\"clusterAuthority\": {\"name\": \"later-$$\"}}}" | kubectl apply -n "$NS" -f - 2>&1)
contains "$answer" 'Warning: MissingReference'
eventually 20 has_condition tlspolicy/waits Ready 'False MissingReference'
eventually 20 bash -c "kubectl get events -n $NS --field-selector involvedObject.name=waits | grep MissingReference >/dev/null"
for value in 1 2 3; do kubectl label tlspolicy waits -n "$NS" --overwrite "round=$value" >/dev/null; done
policy waits "{\"authority\": {\"clusterAuthority\": {\"name\": \"later-$$\"}}, \"certificate\": {\"duration\": \"2h\"}}" |
    kubectl apply -n "$NS" -f - >/dev/null 2>&1
eventually 20 has_condition tlspolicy/waits Ready 'False MissingReference'
told=$(kubectl get events -n "$NS" --field-selector involvedObject.name=waits -o name | wc -l)
[ "$told" = 1 ] || fail "told $told times"
note "a policy that cannot work says why: a warning, a condition, and an Event, once"

before=$(kubectl get tlspolicy waits -n "$NS" -o jsonpath='{.metadata.resourceVersion}')
kubectl create -f - >/dev/null <<JSON
{"apiVersion": "podmint.dev/v1alpha1", "kind": "ClusterAuthority", "metadata": {"name": "later-$$"}, "spec": {}}
JSON
eventually 20 has_condition tlspolicy/waits Ready 'True Ready'
[ "$before" != "$(kubectl get tlspolicy waits -n "$NS" -o jsonpath='{.metadata.resourceVersion}')" ] || fail "the status was not written"
named() { [ "$(kubectl get clusterauthority "later-$$" -o jsonpath='{.status.policies}')" = 1 ]; }
eventually 20 named
note "what it waited for is there: the condition follows, and the authority counts who names it"

contains "$(curl -s "$E2E_HEALTH/metrics")" 'podmint_policies{kind="TLSPolicy",state='
clean
kubectl delete crd tlspolicies.podmint.dev clusterauthorities.podmint.dev >/dev/null
Tests/EndToEnd/server stop
Tests/EndToEnd/server start
eventually 30 curl -sSf "$E2E_HEALTH/readyz"
contains "$(curl -s "$E2E_HEALTH/readyz?verbose")" '[+]policies ok, there are none: the kinds are not installed'
"$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" | kubectl apply --server-side --force-conflicts -f - >/dev/null
installed() {
    # Whole, and at all: what was not asked says nothing.
    local conditions
    conditions=$(curl -sS "$E2E_HEALTH/readyz?verbose") && [[ "$conditions" != *'not installed'* ]]
}
eventually 30 installed
note "without the kinds podmint serves as before, and follows them once they are installed"
