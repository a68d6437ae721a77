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

# With a cluster behind it every series is there, so that each label's value that alerts and dashboard ask for can be looked up.
checked=$("$(dirname "$0")/../../hack/check-monitoring" "$E2E_HEALTH") || fail "alerts, dashboard and metrics do not fit"
contains "$checked" 'fit what is exported'
page=$(curl -sSf "$E2E_HEALTH/metrics")
lacks "$page" "$NS"
lacks "$page" 'stray'
contains "$page" 'podmint_certificate_expiration_timestamp_seconds{certificate="serving"} '
note "metrics are well-formed, fit alerts and dashboard, and name no pod and no namespace"

answer=$(pod_manifest misspelt podmint.dev/key-algorithm=MD5 | refused kubectl create -n "$NS" -f -)
contains "$answer" 'podmint.dev/key-algorithm'
line=$(grep -F '"name":"misspelt"' "$E2E_STATE/podmint.log" | tail -n 1)
python3 - "$line" <<'PYTHON' || fail "the log does not say which request it was: $line"
import json, re, sys

line = json.loads(sys.argv[1])
assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", line["uid"]) and line["level"] == "notice"
assert line["outcome"] == "denied" and "key-algorithm" in line["reason"] and line["endpoint"] == "/mutate/pods"
PYTHON
note "the log is JSON, and a refusal's line carries the uid of the request"

certificate_request "$E2E_WORK/good"
[ "$(post_request "$(token "$NS" stray podmint.dev)" "$E2E_WORK/good.csr" "$E2E_WORK/good.crt")" = 200 ] || fail "a proper request was refused"
serial=$(openssl x509 -in "$E2E_WORK/good.crt" -noout -serial | cut -d= -f2)
# What an agent says a minute after it has published: which bundle it holds.
openssl x509 -in "$E2E_WORK/good.crt" -outform DER -out "$E2E_WORK/leaf.der"
digest=$(python3 - "$E2E_WORK/good.crt" <<'PYTHON'
import hashlib, ssl, sys

end = "-----END CERTIFICATE-----\n"
bundle = [ssl.PEM_cert_to_DER_cert(part + end) for part in open(sys.argv[1]).read().split(end)[1:-1]]
print(hashlib.sha256("".join(sorted({hashlib.sha256(der).hexdigest() for der in bundle})).encode()).hexdigest())
PYTHON
)
checked=$(curl -sS --cacert "$E2E_SERVING_CA" -o /dev/null -w '%{http_code}' -H 'Content-Type: application/pkix-cert' -H "Podmint-Pod: $NS/stray" \
    -H 'Podmint-Policy: default' -H "Podmint-Bundle: $digest" --data-binary "@$E2E_WORK/leaf.der" "$E2E_AGENTS/v1/check")
[ "$checked" = 204 ] || fail "what was just issued is not current: $checked"
# Made before its namespace opted in: nobody injected it.
namespaced "$NS-2"
pod_manifest early | kubectl create -n "$NS-2" -f - >/dev/null
kubectl label namespace "$NS-2" podmint.dev/injection=enabled >/dev/null
cat "$E2E_STATE/podmint.audit" "$E2E_STATE/podmint.log" >"$E2E_WORK/said"
"$E2E_PODMINT" status --audit "$E2E_WORK/said" -o json | python3 -c '
import json, sys
report, (serial, digest, one, two) = json.load(sys.stdin), sys.argv[1:]
pods = {(p["namespace"], p["name"]): p for p in report["pods"]}
held = pods[one, "stray"]
assert held["state"] == "injected" and [c["serial"].upper() for c in held["certificates"]] == [serial], held
assert held["bundles"] == [{"policy": "default", "digest": digest[:16], "current": True}], held
assert pods[two, "early"]["state"] == "missed"
assert all(line["seen"] for line in report["status"]), report["status"]
assert [line["text"][:6] for line in report["status"] if line["topic"] == "rotation"] == ["stable"], report["status"]
assert ["held by" in line["text"] for line in report["status"] if line["topic"] == "bundles"] == [True], report["status"]' "$serial" "$digest" "$NS" "$NS-2" || fail "status says something else"
contains "$("$E2E_PODMINT" status --audit "$E2E_STATE/podmint.audit")" "missed"
note "podmint status knows the serial from the audit, who holds the current bundle, and who missed injection"
