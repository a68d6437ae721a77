#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A new serving CA while pods are created without pause: none fails, and who knows only the old CA, or only the new, is served.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

entry() { kubectl get secret podmint-serving -n podmint-system -o jsonpath="{.data.${1//./\\.}}" | base64 -d; }
# issuer URL: who signed the certificate that is shown there.
issuer() { openssl s_client -connect "${1#https://}" -servername x </dev/null 2>/dev/null | openssl x509 -noout -issuer; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

old=$E2E_WORK/old.crt new=$E2E_WORK/new.crt
entry ca.crt >"$old"
before=$(issuer "$E2E_ADMISSION")

# Another replica, which does not lead, must change its certificate too. Its own host name is the suite's.
read -r port agents health < <(echo "$(free_port) $(free_port) $(free_port)")
second=https://127.0.0.1:$port
PODMINT_SHUTDOWN_DELAY=0s setsid "$E2E_PODMINT" serve --kubeconfig "$E2E_KUBECONFIG" --listen "127.0.0.1:$port" \
    --agent-listen "127.0.0.1:$agents" --health-listen "127.0.0.1:$health" --advertise "$E2E_ADMISSION" \
    --audit-file "$E2E_WORK/audit.log" >"$E2E_WORK/second.log" 2>&1 &
replica=$!

in_phase() { curl -sS "$E2E_HEALTH/metrics" | grep -F "podmint_serving_rotation_phase{phase=\"$1\"} 1" >/dev/null; }
in_phase stable || fail "a rotation goes on already"

flow() {
    local number=0
    until [ -e "$E2E_WORK/stop" ]; do
        number=$((number + 1))
        pod_manifest "flow-$number" | kubectl create -n "$NS" -f - >/dev/null 2>>"$E2E_WORK/refused" || echo "$number" >>"$E2E_WORK/failed"
    done
    echo "$number" >"$E2E_WORK/created"
}
shake() {
    local count=0 url ca
    until [ -e "$E2E_WORK/stop" ]; do
        for url in "$E2E_ADMISSION" "$E2E_AGENTS"; do
            for ca in "$old" "$new"; do
                [ -s "$ca" ] || continue
                count=$((count + 1))
                curl -sS -o /dev/null --cacert "$ca" "$url/" 2>>"$E2E_WORK/untrusted" || echo "$url with $ca" >>"$E2E_WORK/failed"
            done
        done
        sleep 0.1
    done
    echo "$count" >"$E2E_WORK/shaken"
}
flow &
flow=$!
shake &
shake=$!
finish() {
    touch "$E2E_WORK/stop"
    kill "$replica" 2>/dev/null || true
    wait "$flow" "$shake" "$replica" 2>/dev/null || true
    kubectl delete namespace --wait=false "$NS" --ignore-not-found >/dev/null 2>&1 || true
}
trap finish EXIT
eventually 20 curl -sSf "http://127.0.0.1:$health/readyz"

kubectl annotate secret podmint-serving -n podmint-system podmint.dev/rotate="by case 09" >/dev/null
made() { [ -n "$(entry next.crt)" ]; }
eventually 20 made
entry next.crt >"$E2E_WORK/next.crt"
eventually 5 in_phase distributing
[ "$(entry ca.crt)" = "$(cat "$old")" ] || fail "the new CA signs before anybody can know it"
lacks "$(kubectl get secret podmint-serving -n podmint-system -o json)" 'podmint.dev/rotate'
turned() { [ "$(entry ca.crt)" = "$(cat "$E2E_WORK/next.crt")" ]; }
eventually 90 turned
mv "$E2E_WORK/next.crt" "$new"
eventually 5 in_phase stable
note "a new CA was made, spread, and signs; the metrics say how far it is"

trusted() { kubectl get "$1" podmint -o jsonpath="{.webhooks[$2].clientConfig.caBundle}" | base64 -d; }
for place in "mutatingwebhookconfiguration 0" "validatingwebhookconfiguration 0" "validatingwebhookconfiguration 1"; do
    # shellcheck disable=SC2086
    bundle=$(trusted $place)
    contains "$bundle" "$(cat "$old")"
    contains "$bundle" "$(cat "$new")"
done
root=$(kubectl get configmap podmint-root -n "$NS" -o jsonpath='{.data.ca\.crt}')
contains "$root" "$(cat "$old")"
contains "$root" "$(cat "$new")"
note "every caBundle and podmint-root hold both"

for url in "$E2E_ADMISSION" "$E2E_AGENTS" "$second"; do
    switched() { [ "$(issuer "$url")" != "$before" ]; }
    eventually 20 switched
    curl -sS -o /dev/null --cacert "$old" "$url/" || fail "$url is not trusted by who knows only the old CA"
    curl -sS -o /dev/null --cacert "$new" "$url/" || fail "$url is not trusted by who knows only the new CA"
done
note "both replicas show it, to who knows the old and to who knows the new"

pod_manifest after | kubectl create -n "$NS" -f - >/dev/null
give_address after 10.20.30.90
"$(dirname "$0")/run-agent" "$NS" after "$E2E_WORK/pod" "$E2E_AGENT" init 2>"$E2E_WORK/agent.log" || fail "an agent gets no certificate: $(cat "$E2E_WORK/agent.log")"
note "an agent with the anchors of now gets its certificate"

kubectl delete secret podmint-serving -n podmint-system >/dev/null
back() { kubectl get secret podmint-serving -n podmint-system >/dev/null 2>&1; }
eventually 20 back
[ "$(entry ca.crt)" = "$(cat "$new")" ] || fail "the deleted Secret came back with another CA"
contains "$(entry former.crt)" "$(cat "$old")"
note "somebody deletes the Secret: the leader writes it again, with the same CA and its predecessor"

sleep 1
touch "$E2E_WORK/stop"
wait "$flow" "$shake"
[ ! -e "$E2E_WORK/failed" ] || fail "failed: $(cat "$E2E_WORK/failed" "$E2E_WORK/refused" "$E2E_WORK/untrusted")"
note "$(cat "$E2E_WORK/created") pods were created meanwhile, $(cat "$E2E_WORK/shaken") handshakes made: none failed"
