#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What people see of it: Events at the pod and at its owner.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

events_of() { kubectl get events -n "$NS" --field-selector "involvedObject.name=$1" -o jsonpath='{range .items[*]}{.reason} {.message}{"\n"}{end}'; }
ask_for_foreign_name() { # POD
    certificate_request "$E2E_WORK/foreign" "DNS:billing.kube-system.svc"
    [ "$(post_request "$(token "$NS" "$1" podmint.dev)" "$E2E_WORK/foreign.csr" "$E2E_WORK/out")" = 403 ] || fail "a foreign name was not refused"
}

# Its owner is of a kind that no controller reconciles.
kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "maker"}}
JSON
owner="{apiVersion: v1, kind: ConfigMap, name: maker, controller: true, uid: $(kubectl get configmap maker -n "$NS" -o jsonpath='{.metadata.uid}')}"
pod_manifest stray | sed "s/^  name: stray$/&\n  ownerReferences: [$owner]/" | kubectl create -n "$NS" -f - >/dev/null
give_address stray 10.20.41.1
ask_for_foreign_name stray
told() { [[ "$(events_of "$1")" == *"ForbiddenName"*"billing.kube-system.svc"* ]]; }
eventually 10 told stray
eventually 10 told maker
contains "$(kubectl describe pod stray -n "$NS")" 'billing.kube-system.svc'
note "a refusal at issuance is an Event at the pod and at its owner, with the name"

before=$(events_of stray | wc -l)
for _ in 1 2 3; do ask_for_foreign_name stray; done
certificate_request "$E2E_WORK/other" "DNS:other.kube-system.svc"
[ "$(post_request "$(token "$NS" stray podmint.dev)" "$E2E_WORK/other.csr" "$E2E_WORK/out")" = 403 ] || fail "a foreign name was not refused"
told_other() { [[ "$(events_of stray)" == *"other.kube-system.svc"* ]]; }
# Written in order: when this one is there, no other is on its way.
eventually 10 told_other
[ "$(events_of stray | wc -l)" = $((before + 1)) ] || fail "a repeated refusal was told again: $(events_of stray)"
note "the same again is not told again"
