#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# podmint doctor: good when all is well, and one thing broken after the other is seen, named, and gone when it is mended.
source "$(dirname "$0")/kit.sh"
server=$(dirname "$0")/server
opted_in "$NS"

doctor() { "$E2E_PODMINT" doctor --agents "$E2E_AGENTS" "$@"; }
install() { "$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" | kubectl apply --server-side --force-conflicts -f - >/dev/null; }
# says WHAT: with exit code 3, what doctor prints holds this.
says() {
    local status=0
    doctor >"$E2E_WORK/doctor" 2>&1 || status=$?
    [ "$status" = 3 ] && grep -qF -- "$1" "$E2E_WORK/doctor"
}
well() { doctor >"$E2E_WORK/doctor" 2>&1; }
expect() {
    eventually 20 says "$1"
    note "$(grep -F -- "$1" "$E2E_WORK/doctor" | head -n 1 | cut -c 1-150)"
}
recovered() {
    local deadline=$((SECONDS + 70))
    until well; do
        [ "$SECONDS" -lt "$deadline" ] || fail "still not well: $(cat "$E2E_WORK/doctor")"
        sleep 0.5
    done
}

recovered
for line in '✓ API server: answers' '✓ clocks: ' '✓ MutatingWebhookConfiguration podmint: has its ' '✓ ValidatingWebhookConfiguration podmint: has its ' \
    '✓ webhooks for pods: the API server reaches podmint' '✓ webhook for Secrets: the API server reaches podmint' \
    '✓ webhook for policies: the API server reaches podmint' '✓ server at ' \
    '✓ Lease podmint-system/podmint: ' '✓ the CA for pods: ' '✓ ServiceAccount podmint-system/podmint: has all ' '✓ ConfigMap podmint-root: '; do
    contains "$(cat "$E2E_WORK/doctor")" "$line"
done
lacks "$(cat "$E2E_WORK/doctor")" '✗'
doctor -o json | python3 -c 'import json, sys; report = json.load(sys.stdin); assert report["valid"] and not report["faults"] and len(report["checks"]) > 10'
note "all is well: only ✓, exit code 0, and the same as JSON"

kubectl label namespace "$NS" podmint.dev/injection=yes --overwrite >/dev/null
expect "✗ Namespace $NS: is labelled podmint.dev/injection=yes"
kubectl label namespace "$NS" podmint.dev/injection=enabled --overwrite >/dev/null

kubectl patch validatingwebhookconfiguration podmint --type=json -p '[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]' >/dev/null
expect '✗ ValidatingWebhookConfiguration podmint: entry final-pods.podmint.dev: failurePolicy is "Ignore", wanted "Fail"'
kubectl patch validatingwebhookconfiguration podmint --type=json -p '[{"op": "remove", "path": "/webhooks/0"}]' >/dev/null
expect '✗ ValidatingWebhookConfiguration podmint: lacks the entry final-pods.podmint.dev'
install
recovered

# An overlay may take more namespaces out.
kubectl get validatingwebhookconfiguration podmint -o json | python3 -c '
import json, sys
configuration = json.load(sys.stdin)
entries = {webhook["name"]: webhook["namespaceSelector"]["matchExpressions"] for webhook in configuration["webhooks"]}
next(one for one in entries["final-pods.podmint.dev"] if one["operator"] == "NotIn")["values"].insert(0, "legacy")
# Of an entry that doctor does not try out.
entries["deleted-secrets.podmint.dev"].insert(0, {"key": "team", "operator": "Exists"})
json.dump(configuration, sys.stdout)' | kubectl replace -f - >/dev/null
recovered
install
note "a narrower namespaceSelector is no fault"

status=0
"$E2E_PODMINT" doctor --agents https://127.0.0.1:1 >"$E2E_WORK/doctor" || status=$?
[ "$status" = 3 ] || fail "an agents' route that leads nowhere: exit code $status"
contains "$(cat "$E2E_WORK/doctor")" "✗ agents' route https://127.0.0.1:1: cannot be reached"
note "an agents' route that was named and leads nowhere is a fault"

kubectl get mutatingwebhookconfiguration podmint -o json | python3 -c '
import json, sys
left = json.load(sys.stdin)
left["metadata"] = {"name": "podmint-'"$NS"'"}
json.dump(left, sys.stdout)' | kubectl create -f - >/dev/null
# shellcheck disable=SC2064
trap "kubectl delete mutatingwebhookconfiguration podmint-$NS --ignore-not-found >/dev/null 2>&1; kubectl delete namespace --wait=false $NS --ignore-not-found >/dev/null 2>&1" EXIT
expect "✗ MutatingWebhookConfiguration podmint-$NS: holds the entry pods.podmint.dev"
kubectl delete mutatingwebhookconfiguration "podmint-$NS" >/dev/null

# Without the right to write it, podmint cannot mend a caBundle that somebody spoilt.
kubectl get clusterrole podmint -o json | python3 -c '
import json, sys
role = json.load(sys.stdin)
role["rules"] = [r for r in role["rules"] if r["apiGroups"] != ["admissionregistration.k8s.io"]]
json.dump(role, sys.stdout)' | kubectl replace -f - >/dev/null
expect '✗ ServiceAccount podmint-system/podmint: may not patch mutatingwebhookconfigurations.admissionregistration.k8s.io/podmint'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$E2E_WORK/ca.key" -subj /CN=stranger -days 90 -out "$E2E_WORK/ca.crt" 2>/dev/null
for kind in mutating validating; do
    kubectl get "${kind}webhookconfiguration" podmint -o json | python3 -c '
import base64, json, sys
configuration = json.load(sys.stdin)
for webhook in configuration["webhooks"]:
    webhook["clientConfig"]["caBundle"] = base64.b64encode(open(sys.argv[1], "rb").read()).decode()
json.dump(configuration, sys.stdout)' "$E2E_WORK/ca.crt" | kubectl replace -f - >/dev/null
done
expect "✗ server at $E2E_ADMISSION: shows a certificate that the caBundle does not verify"
expect '✗ webhooks for pods: '
contains "$(grep -A 1 -F '✗ webhooks for pods: ' "$E2E_WORK/doctor")" 'the caBundle is not of the CA that podmint serves with'
install
recovered
note "rights and caBundle come back with the manifests"

# A server that may not read its own CA waits for it, and says why from the start: in its log and at its health port.
said=$(wc -l <"$E2E_STATE/podmint.log")
"$server" stop
kubectl get role podmint -n podmint-system -o json | python3 -c '
import json, sys
role = json.load(sys.stdin)
role["rules"] = [r for r in role["rules"] if "secrets" not in r["resources"]]
json.dump(role, sys.stdout)' | kubectl replace -f - >/dev/null
"$server" start
ready_says() { curl -sS "$E2E_HEALTH/readyz?verbose" 2>&1 | grep -F -- "$1" >/dev/null; }
eventually 20 ready_says '[-]rights missing: '
ready_says 'get secrets -n podmint-system (podmint cannot read its authorities)' || fail "which right: $(curl -sS "$E2E_HEALTH/readyz?verbose")"
tail -n "+$((said + 1))" "$E2E_STATE/podmint.log" >"$E2E_WORK/said"
grep -F 'a right is missing: get secrets' "$E2E_WORK/said" | grep -F 'can-i get secrets' >/dev/null || fail "the log names no missing right: $(cat "$E2E_WORK/said")"
[ "$(grep -cF 'no authority yet' "$E2E_WORK/said")" -le 2 ] || fail "the log is flooded: $(cat "$E2E_WORK/said")"
install
eventually 60 ready_says '[+]rights ok'
recovered
note "a server without a right that it needs says so from the start, and goes on when it has it"

"$server" stop
expect '✗ webhooks for pods: '
contains "$(grep -A 1 -F '✗ webhooks for pods: ' "$E2E_WORK/doctor")" 'hint: no server listens there'
contains "$(cat "$E2E_WORK/doctor")" '– server at '
"$server" start
recovered

# Somebody who may see nothing is told so, line by line, and nothing is called faulty.
account=$(kubectl create --raw "/api/v1/namespaces/$NS/serviceaccounts/default/token" -f - <<<'{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["status"]["token"])')
kubectl config view --raw --minify --flatten -o json | python3 -c '
import json, sys
config = json.load(sys.stdin)
config["users"] = [{"name": config["contexts"][0]["context"]["user"], "user": {"token": sys.argv[1]}}]
json.dump(config, sys.stdout)' "$account" >"$E2E_WORK/nobody.kubeconfig"
doctor --kubeconfig "$E2E_WORK/nobody.kubeconfig" >"$E2E_WORK/doctor" || fail "what cannot be seen is no fault: $(cat "$E2E_WORK/doctor")"
lacks "$(cat "$E2E_WORK/doctor")" '✗'
contains "$(cat "$E2E_WORK/doctor")" '– MutatingWebhookConfiguration podmint: cannot be looked at'
contains "$(cat "$E2E_WORK/doctor")" '– ServiceAccount podmint-system/podmint: cannot be looked at'
note "without rights each line says so, and none is ✗"

sed 's#"server": "[^"]*"#"server": "https://127.0.0.1:1"#' "$E2E_WORK/nobody.kubeconfig" >"$E2E_WORK/nowhere.kubeconfig"
status=0
answer=$(doctor --kubeconfig "$E2E_WORK/nowhere.kubeconfig" 2>&1) || status=$?
[ "$status" = 1 ] || fail "without an API server the exit code is $status: $answer"
contains "$answer" 'hint: '
note "without an API server: exit code 1, and a hint"
