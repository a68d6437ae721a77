#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The manifests as README applies them, with Deployment and Service: in a sandbox of its own, which reaches the Service, up to the removal.
source "$(dirname "$0")/kit.sh"
[ -n "${E2E_SANDBOX:-}" ] || not_tried "which address is the Service's, only a sandbox is told"

export KUBECONFIG=$E2E_WORK/kubeconfig
agent_image=registry.example.com/podmint-agent:of-case-12
podmint() { "$E2E_PODMINT" "$@"; }
read -r health_one health_two webhook_one webhook_two agents_one agents_two < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(6)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')

# What a Service does: a new connection goes to the next server that is ready.
trap leave EXIT
"$kit/fault-proxy" serve --listen 127.0.0.1:0 --control "$E2E_WORK/service.proxy" \
    --to "127.0.0.1:$webhook_one,http://127.0.0.1:$health_one/readyz" --to "127.0.0.1:$webhook_two,http://127.0.0.1:$health_two/readyz" &
proxy() { "$kit/fault-proxy" tell "$E2E_WORK/service.proxy" "$@"; }
eventually 10 proxy port
"$E2E_SANDBOX" serve --listen 127.0.0.1:0 --kubeconfig-out "$KUBECONFIG" --run-pods --pods-dir "$E2E_WORK/pods" \
    --service "podmint-system/podmint:443=127.0.0.1:$(proxy port)" >"$E2E_WORK/sandbox.log" 2>&1 &
eventually 20 kubectl get --raw /readyz

install() { podmint manifests --agent-image "$agent_image" | kubectl apply --server-side -f - >"$E2E_WORK/applied" 2>&1; }
install || fail "$(cat "$E2E_WORK/applied")"
for kind in deployment service poddisruptionbudget networkpolicy serviceaccount role rolebinding; do
    kubectl get "$kind" podmint -n podmint-system >/dev/null || fail "there is no $kind podmint"
done
lacks "$(kubectl get mutatingwebhookconfiguration,validatingwebhookconfiguration podmint -o jsonpath='{.items[*].webhooks[*].clientConfig}')" '"url"'
kubectl -n podmint-system rollout status deployment/podmint --timeout=30s >/dev/null || fail "the Deployment does not roll out"
[ "$(kubectl get endpoints podmint -n podmint-system -o jsonpath='{.subsets[0].ports[*].port}' | wc -w)" = 3 ] || fail "the Service leads nowhere"
# Read back it is what was written: with the API server's defaults, and nothing lost.
podmint manifests --agent-image "$agent_image" >"$E2E_WORK/install.yaml"
kubectl get -f "$E2E_WORK/install.yaml" -o json | python3 -c '
import json, sys
live = json.load(sys.stdin)["items"]
found = {(i["kind"], i["metadata"]["name"]): i for i in live}
pod = found["Deployment", "podmint"]["spec"]["template"]["spec"]
assert pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]} and pod["securityContext"]["runAsNonRoot"]
assert found["PodDisruptionBudget", "podmint"]["spec"]["maxUnavailable"] == 1
assert {r["ports"][0]["port"] for r in found["NetworkPolicy", "podmint"]["spec"]["ingress"]} == {"webhook", "agents"}
assert all(w["clientConfig"]["service"]["port"] == 443 for i in live for w in i.get("webhooks", []))' || fail "what is read back lacks something"
note "README's apply: CRDs to webhooks in one go, a Deployment that rolls out behind its Service"

# The pods that the Deployment made are played here: the rendered account, the rendered environment, two servers.
"$kit/account-kubeconfig" "$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}' | sed 's#https://##')" >"$E2E_WORK/podmint.kubeconfig"
chmod 600 "$E2E_WORK/podmint.kubeconfig"
environment=$(kubectl get deployment podmint -n podmint-system -o json | python3 -c '
import json, sys
container = json.load(sys.stdin)["spec"]["template"]["spec"]["containers"][0]
assert container["args"] == ["serve"], container["args"]
print(*(e["name"] + "=" + e.get("value", "podmint-system") for e in container["env"]))')
servers=()
serve() { # NAME WEBHOOK AGENTS HEALTH
    # shellcheck disable=SC2086 # one word for each variable
    env $environment PODMINT_SHUTDOWN_DELAY=1s "$E2E_PODMINT" serve --kubeconfig "$E2E_WORK/podmint.kubeconfig" \
        --listen "127.0.0.1:$2" --agent-listen "127.0.0.1:$3" --agent-advertise https://podmint.podmint-system.svc:8444 \
        --health-listen "127.0.0.1:$4" >"$E2E_WORK/$1.log" 2>&1 &
    servers+=($!)
}
serve one "$webhook_one" "$agents_one" "$health_one"
serve two "$webhook_two" "$agents_two" "$health_two"
both_ready() { [ "$(proxy targets | wc -w)" = 2 ]; }
eventually 30 both_ready

opted_in "$NS"
pod_manifest web | kubectl create -n "$NS" -f - >/dev/null
pod=$(kubectl get pod web -n "$NS" -o json)
contains "$pod" "\"image\": \"$agent_image\""
contains "$pod" 'https://podmint.podmint-system.svc:8444'
contains "$pod" "\"value\": \"$(kubectl get service podmint -n podmint-system -o jsonpath='{.spec.clusterIP}')\""
contains "$(pod_manifest wrong podmint.dev/key-algorithm=MD5 | refused kubectl create -n "$NS" -f -)" 'denied the request'
serving() { kubectl get secret podmint-serving -n podmint-system -o jsonpath='{.data.ca\.crt}' | base64 -d; }
serving >"$E2E_WORK/old.crt"
# As the API server speaks to a Service: HTTP/1.1, and the Service's name in SNI and certificate.
answer=$(curl -sS --http1.1 --cacert "$E2E_WORK/old.crt" --connect-to "podmint.podmint-system.svc:443:127.0.0.1:$(proxy port)" \
    -o /dev/null -w '%{http_version} %{http_code}' https://podmint.podmint-system.svc/readyz)
[ "$answer" = '1.1 200' ] || fail "the Service answers $answer"
certificate_request "$E2E_WORK/web"
issued=$(curl -sS --http1.1 --cacert "$E2E_WORK/old.crt" --connect-to "podmint.podmint-system.svc:8444:127.0.0.1:$agents_two" \
    -o "$E2E_WORK/web.crt" -w '%{http_code}' --max-time 60 -H "Authorization: Bearer $(token "$NS" web podmint.dev)" \
    -H 'Content-Type: application/pkcs10' -H 'Podmint-Policy: default' -H 'Podmint-Reason: first' -H 'Prefer: wait=30' \
    --data-binary "@$E2E_WORK/web.csr" https://podmint.podmint-system.svc:8444/v1/certificates)
[ "$issued" = 200 ] || fail "no certificate: $issued $(cat "$E2E_WORK/web.crt")"
contains "$(names_of "$E2E_WORK/web.crt")" "spiffe://cluster.local/ns/$NS/sa/default"
podmint doctor >"$E2E_WORK/doctor" || fail "$(cat "$E2E_WORK/doctor")"
contains "$(cat "$E2E_WORK/doctor")" '✓ Service podmint-system/podmint: leads to 2 ready servers'
contains "$(podmint status)" '2 of 2 ready'
note "two servers behind the Service: pods are injected and get certificates by its name, and doctor finds nothing wrong"

# Applied once more nothing changes: what the server wrote (caBundles) stays, and no version moves.
versions() { kubectl get -f "$E2E_WORK/install.yaml" -o custom-columns=:kind,:metadata.name,:metadata.resourceVersion --no-headers; }
before=$(versions)
install || fail "$(cat "$E2E_WORK/applied")"
[ "$(versions)" = "$before" ] || fail "the same manifests changed something: $(diff <(echo "$before") <(versions))"

E2E_SERVING_CA=$E2E_WORK/old.crt E2E_AGENTS=https://127.0.0.1:1 "$kit/storm" "$NS" --no-agents --until "$E2E_WORK/enough" --rate 10 >"$E2E_WORK/flow.json" &
flow=$!
kubectl annotate secret podmint-serving -n podmint-system podmint.dev/rotate="by case 12" >/dev/null
rotation() { podmint status | sed -n 's/^rotation *//p'; }
in_phase() { [[ "$(rotation)" == "$1"* ]]; }
eventually 20 in_phase 'distributing: a new CA'
eventually 90 in_phase 'stable, with 1 former CA'
serving >"$E2E_WORK/new.crt"
! cmp -s "$E2E_WORK/old.crt" "$E2E_WORK/new.crt" || fail "the serving CA is the old one"
shown() { openssl s_client -connect "127.0.0.1:$1" -servername podmint.podmint-system.svc -CAfile "$E2E_WORK/new.crt" -verify_return_error </dev/null; }
eventually 20 shown "$webhook_one"
eventually 20 shown "$webhook_two"
touch "$E2E_WORK/enough"
wait "$flow"
flow=$(cat "$E2E_WORK/flow.json")
python3 -c '
import json, sys
flow = json.loads(sys.argv[1])
assert flow["created"] > 50 and flow["failed"] == flow["not injected"] == 0, flow' "$flow" || fail "pods were not created meanwhile: $flow"
for secret in podmint-ca-default podmint-serving; do
    kubectl get secret "$secret" -n podmint-system -o jsonpath='{.data.ca\.key}' | base64 -d
done >"$E2E_WORK/authorities.keys"
"$kit/no-secrets" "$E2E_WORK/authorities.keys" "$E2E_WORK"/{one,two}.log >/dev/null || fail "a log holds a key or a token"
note "the serving CA rotated while pods were created: $flow"

# docs/operations.md, word for word. Its servers end when their Deployment does.
awk '/^## / { section = $2 } /^```/ { isCode = /sh$/; next } section == "Remove" && isCode' "$kit/../../docs/operations.md" >"$E2E_WORK/remove"
[ "$(grep -c . "$E2E_WORK/remove")" = 3 ] || fail "docs/operations.md has other commands: $(cat "$E2E_WORK/remove")"
(
    while kubectl get deployment podmint -n podmint-system >/dev/null 2>&1; do sleep 0.2; done
    kill "${servers[@]}"
) &
export -f podmint
export E2E_PODMINT
bash -euo pipefail "$E2E_WORK/remove" >"$E2E_WORK/removed" 2>&1 || fail "$(cat "$E2E_WORK/removed")"
wait "${servers[@]}" || true
eventually 20 refused kubectl get namespace podmint-system
left=$(left_behind)
[ -z "$left" ] || fail "left behind:
$left"
pod_manifest without | kubectl create -n "$NS" -f - >/dev/null
lacks "$(kubectl get pod without -n "$NS" -o json)" podmint-agent
note "removed by the documented commands: nothing is left behind, and pods are created as they are"
