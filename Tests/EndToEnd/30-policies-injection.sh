#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pods under TLSPolicies: two certificates in one pod, mounts and names as the policy says, keystores, mounted certificates, opting out.
source "$(dirname "$0")/kit.sh"
opted_in "$NS" policies

# policy NAME SPEC: podmint knows it once a pod that names it is taken.
policy() {
    kubectl apply -f - >/dev/null <<YAML
{"apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy", "metadata": {"name": "$1", "namespace": "$NS"}, "spec": $2}
YAML
    pod_manifest "probe-$1" "podmint.dev/policy=$1" >"$E2E_WORK/probe.yaml"
    eventually 20 kubectl create -n "$NS" --dry-run=server -f "$E2E_WORK/probe.yaml"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=corporate root" \
    -addext basicConstraints=critical,CA:TRUE -keyout "$E2E_WORK/root.key" -out "$E2E_WORK/root.crt" 2>/dev/null
kubectl create configmap corporate -n "$NS" --from-file=ca.crt="$E2E_WORK/root.crt" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
kubectl apply -n "$NS" -f - >/dev/null <<YAML
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "stores"}, "stringData": {"password": "changeit"}}
YAML
policy transport '{
    "tls": {"certificateAuthorities": {"configMapName": "corporate"}}, "certificate": {"duration": "2h"},
    "mount": {"path": "/usr/share/es/certs", "files": {"certificate": "node.crt", "key": "node.key"}}}'
policy http '{
    "selector": {"matchLabels": {"app": "es-0"}}, "tls": {"subjectAltNames": [{"dns": "search.example.com"}]}, "mount": {"keystorePasswordSecret": {"name": "stores", "key": "password"}}}'

pod_manifest es-0 podmint.dev/policy=transport | kubectl create -n "$NS" -f - >/dev/null
pod=$(kubectl get pod es-0 -n "$NS" -o json)
for wanted in '"podmint-transport"' '"podmint-http"' '/usr/share/es/certs' 'PODMINT_POLICY_2'; do contains "$pod" "$wanted"; done
note "a pod that names one policy and is selected by another is injected for both, with one agent"

# run POD ADDRESS: the agent of that pod gets its certificates.
run() {
    give_address "$1" "$2"
    timeout 60 Tests/EndToEnd/run-agent "$NS" "$1" "$E2E_WORK/$1" "$E2E_AGENT" init
    Tests/EndToEnd/run-agent "$NS" "$1" "$E2E_WORK/$1" "$E2E_AGENT" probe
}

run es-0 10.9.8.6
transport=$E2E_WORK/es-0/podmint-transport http=$E2E_WORK/es-0/podmint-http
openssl verify -CAfile "$transport/ca.crt" "$transport/node.crt" >/dev/null
openssl verify -CAfile "$http/ca.crt" "$http/tls.crt" >/dev/null
if openssl verify -CAfile "$http/ca.crt" "$transport/node.crt" >/dev/null 2>&1; then fail "one policy's CA signed for both"; fi
for file in "$transport/node" "$http/tls"; do
    [ "$(openssl x509 -in "$file.crt" -noout -pubkey)" = "$(openssl pkey -in "$file.key" -pubout)" ] || fail "the key beside $file.crt is another's"
done
cmp -s "$transport/node.key" "$http/tls.key" && fail "two certificates share a key"
contains "$(names_of "$http/tls.crt")" 'DNS:search.example.com'
lacks "$(names_of "$transport/node.crt")" 'search.example.com'
contains "$(names_of "$transport/node.crt")" 'IP Address:10.9.8.6'
openssl x509 -in "$transport/node.crt" -noout -checkend 7300 >/dev/null && fail "it lives longer than its policy says"
openssl x509 -in "$http/tls.crt" -noout -checkend 7300 >/dev/null || fail "it has the other policy's life"
note "its agent gets both, each with its own key, names, life and authority in its own folder"

pod_manifest node podmint.dev/policy=transport | kubectl create -n "$NS" -f - >/dev/null
run node 10.9.8.7
transport=$E2E_WORK/node/podmint-transport
openssl verify -CAfile "$transport/ca.crt" -untrusted "$transport/node.crt" "$transport/node.crt" >/dev/null
[ ! -e "$transport/tls.crt" ] || fail "a file has the default's name besides the policy's"
contains "$(openssl storeutl -noout -text -certs "$transport/ca.crt")" 'corporate root'
note "files are called as the policy says, and its authorities are merged into the bundle"

pod_manifest web | sed 's/app: web/app: es-0/' | kubectl create -n "$NS" -f - >/dev/null
run web 10.9.8.8
http=$E2E_WORK/web/podmint-http
lacks "$(openssl storeutl -noout -text -certs "$http/ca.crt")" 'corporate root'
contains "$(openssl pkcs12 -in "$http/keystore.p12" -passin pass:changeit -nodes)" 'BEGIN PRIVATE KEY'
contains "$(openssl pkcs12 -in "$http/truststore.p12" -passin pass:changeit -nokeys)" 'BEGIN CERTIFICATE'
if openssl pkcs12 -in "$http/keystore.p12" -passin pass:wrong -nokeys >/dev/null 2>&1; then fail "the keystore opens with any password"; fi
note "keystore and truststore open with the password of the Secret, and with no other"

pod_manifest open podmint.dev/format=pem,pkcs12 | kubectl create -n "$NS" -f - >/dev/null
run open 10.9.8.9
open=$E2E_WORK/open/podmint-default
contains "$(openssl pkcs12 -in "$open/keystore.p12" -passin pass: -nodes)" 'BEGIN PRIVATE KEY'
contains "$(openssl pkcs12 -in "$open/truststore.p12" -passin pass: -nokeys)" 'BEGIN CERTIFICATE'
if openssl pkcs12 -in "$open/keystore.p12" -passin pass:changeit -nokeys >/dev/null 2>&1; then fail "it opens with any password"; fi
note "where nobody names a password, the keystores have the empty one"

policy one '{"mount": {"path": "/etc/certs"}}'
policy other '{"mount": {"path": "/etc/certs"}}'
answer=$(pod_manifest clash podmint.dev/policy=one,other | refused kubectl create -n "$NS" -f -)
contains "$answer" 'TLSPolicies one and other both mount their certificates at /etc/certs'
note "two policies that want one folder are both named"

answer=$(pod_manifest misnamed podmint.dev/policy=transprot | refused kubectl create -n "$NS" -f -)
contains "$answer" 'Did you mean transport?'
answer=$(pod_manifest wide podmint.dev/policy=transport podmint.dev/duration=24h | refused kubectl create -n "$NS" -f -)
contains "$answer" 'at most 2h'
note "an unknown policy is refused with the nearest, a longer life with the policy's"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj / -addext subjectAltName=DNS:web.example.com \
    -addext extendedKeyUsage=serverAuth -keyout "$E2E_WORK/own.key" -out "$E2E_WORK/own.crt" 2>/dev/null
kubectl create secret tls own -n "$NS" --cert="$E2E_WORK/own.crt" --key="$E2E_WORK/own.key" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
pod_manifest mounted podmint.dev/secret=own | kubectl create -n "$NS" -f - >/dev/null
pod=$(kubectl get pod mounted -n "$NS" -o json)
contains "$pod" '"secretName": "own"'
lacks "$pod" podmint-agent
note "a person's certificate is mounted where the certificate would be, without an agent"
answer=$(pod_manifest partial podmint.dev/secret=own podmint.dev/certificate-authorities=corporate | kubectl create -n "$NS" --dry-run=server -f - 2>&1)
contains "$answer" "so ca.crt is that of ConfigMap"
note "trust that cannot be merged into a mounted Secret is told, not lost in silence"

pod_manifest es-1 | sed -e 's/inject: "true"/inject: "false"/' -e 's/app: es-1/app: es-0/' | kubectl create -n "$NS" -f - >/dev/null
lacks "$(kubectl get pod es-1 -n "$NS" -o json)" podmint-
note 'inject: "false" opts out of a policy that selects the pod'

pod_manifest stranger | sed -e '/annotations:/d' -e '/podmint.dev/d' | kubectl create -n "$NS" -f - >/dev/null
lacks "$(kubectl get pod stranger -n "$NS" -o json)" podmint-
note "a pod that no policy selects and that asks for nothing is left alone"
