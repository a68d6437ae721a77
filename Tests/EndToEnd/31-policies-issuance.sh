#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who signs for a policy's pods, which names they get, how changes reach them, and what a tenant cannot get.
source "$(dirname "$0")/kit.sh"
cd "$E2E_WORK"
for namespace in "$NS" "$NS-2" "$NS-3"; do opted_in "$namespace"; done
gone() {
    kubectl delete namespace --wait=false "$NS" "$NS-2" "$NS-3" --ignore-not-found
    kubectl delete clusterauthority "e2e-$$" --ignore-not-found
    kubectl delete secret "e2e-$$" -n podmint-system --ignore-not-found
}
trap 'gone >/dev/null 2>&1 || true' EXIT

policy() { # NAMESPACE SPEC: the policy of pods that name none.
    kubectl apply --server-side --force-conflicts -f - >/dev/null <<JSON
{"apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy", "metadata": {"name": "default", "namespace": "$1"}, "spec": $2}
JSON
}
pod() { # NAMESPACE NAME ADDRESS [ANNOTATION=VALUE...]
    local namespace=$1 name=$2 address=$3
    shift 3
    pod_manifest "$name" "$@" | kubectl create -n "$namespace" -f - >/dev/null
    kubectl patch pod "$name" -n "$namespace" --subresource=status --type=merge \
        -p "{\"status\": {\"podIP\": \"$address\", \"podIPs\": [{\"ip\": \"$address\"}]}}" >/dev/null
}
ask() { # NAMESPACE POD [SAN]: prints the status; the answer is in file answer, the leaf first.
    local san=("${@:3}")
    certificate_request request "${san[@]}"
    post_request "$(token "$1" "$2" podmint.dev)" request.csr answer
}
# policies reach podmint by a watch: at first the answer may still be by the former one. A pod may ask ten times at once.
answers() { # STATUS TEXT NAMESPACE POD [SAN]
    local status=$1 text=$2 got
    shift 2
    for _ in 1 2 3 4 5 6 7 8; do
        got=$(ask "$@")
        if [ "$got" = "$status" ] && grep -qF -- "$text" answer; then return; fi
        sleep 1
    done
    fail "expected $status and \"$text\", got $got: $(head -c 600 answer)"
}
bundle() { curl -sS --fail --cacert "$E2E_SERVING_CA" -o "$2" "$E2E_AGENTS/v1/bundle/$1/default"; }

bundle "$NS" shared.crt
for namespace in "$NS" "$NS-2" "$NS-3"; do
    policy "$namespace" '{}'
    own() { bundle "$namespace" "$namespace.crt" && ! cmp -s shared.crt "$namespace.crt"; }
    eventually 20 own
    pod "$namespace" web 10.20.40.1
    answers 200 BEGIN "$namespace" web
    openssl verify -x509_strict -CAfile "$namespace.crt" answer >/dev/null || fail "$namespace: its pods' certificates are not its CA's"
    kubectl get secret "podmint-ca-$namespace.default" -n podmint-system -o name >/dev/null
done
[ "$(cat "$NS.crt" "$NS-2.crt" "$NS-3.crt" | grep -c BEGIN)" = 3 ] || fail "one CA for each policy"
cmp -s "$NS.crt" "$NS-2.crt" && fail "two policies have one CA"
openssl verify -CAfile "$NS.crt" "$NS.crt" >/dev/null || fail "a policy's CA does not vouch for itself"
openssl verify -CAfile "$NS-2.crt" "$NS.crt" >/dev/null 2>&1 && fail "one policy's CA vouches for another's"
note "three policies in three namespaces: three CAs, each in its Secret and its bundle"

# shellcheck disable=SC2016 # The variables are podmint's.
policy "$NS" '{"tls": {"subjectAltNames": [{"ip": "1.2.3.4"}, {"dns": "hulk.example.com"}, {"dns": "${POD_NAME}.es.${POD_NAMESPACE}.svc"}]},
  "certificate": {"usages": ["client auth"], "duration": "1h", "commonName": "${POD_NAME}"}}'
answers 200 BEGIN "$NS" web
for _ in 1 2 3 4 5; do names_of answer | grep hulk >/dev/null && break; sleep 1; answers 200 BEGIN "$NS" web; done
names=$(names_of answer)
for name in "IP Address:1.2.3.4" "DNS:hulk.example.com" "DNS:web.es.$NS.svc" "IP Address:10.20.40.1"; do contains "$names" "$name"; done
openssl x509 -in answer -noout -ext extendedKeyUsage | grep 'Server' >/dev/null && fail "the policy wants client auth alone"
contains "$(openssl x509 -in answer -noout -subject)" "web"
openssl x509 -in answer -noout -checkend 3700 >/dev/null && fail "it lives longer than the policy says"
note "names with variables, usage, life and common name as the policy says"

# Whether a leaf is still current: agents ask, and no token is needed.
openssl x509 -in answer -outform DER -out leaf.der
digest=$(awk '/BEGIN/ {n++} n > 1' answer | openssl x509 -outform DER | sha256sum | cut -d' ' -f1)
digest=$(printf '%s' "$digest" | sha256sum | cut -d' ' -f1)
check() {
    curl -sS --cacert "$E2E_SERVING_CA" -o verdict -w '%{http_code}' -H 'Content-Type: application/pkix-cert' -H "Podmint-Pod: $NS/web" \
        -H 'Podmint-Policy: default' -H "Podmint-Bundle: $digest" --data-binary @leaf.der "$E2E_AGENTS/v1/check"
}
[ "$(check)" = 204 ] || fail "what was just issued should be current: $(cat verdict)"
kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 443}]}}
JSON
changed() { [ "$(check)" = 200 ] && [ "$(cat verdict)" = names ]; }
eventually 20 changed
answers 200 BEGIN "$NS" web
contains "$(names_of answer)" "DNS:front.$NS.svc"
kubectl delete service front -n "$NS" >/dev/null
current() { [ "$(check)" = 204 ]; }
eventually 20 current
note "a Service that comes or goes is told to agents that ask, and the next certificate has it"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout extra.key -out extra.crt -days 365 -subj /CN=extra \
    -addext basicConstraints=critical,CA:TRUE 2>/dev/null
kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "trust"}, "data": {"ca.crt": $(python3 -c 'import json; print(json.dumps(open("extra.crt").read()))')}}
JSON
policy "$NS" '{"tls": {"certificateAuthorities": {"configMapName": "trust"}}}'
both() { bundle "$NS" both.crt && [ "$(grep -c BEGIN both.crt)" = 2 ] && openssl verify -CAfile both.crt extra.crt; }
eventually 60 both
note "more CAs of a ConfigMap are in the bundle"

policy "$NS-3" '{"authority": {"selfSigned": {"keyStorage": "Memory", "duration": "100h"}}}'
answers 200 BEGIN "$NS-3" web
in_memory() { kubectl get configmap "podmint-ca-$NS-3.default" -n podmint-system -o jsonpath='{.data}' | grep 'BEGIN CERTIFICATE' >/dev/null; }
eventually 20 in_memory
lacks "$(kubectl get configmap "podmint-ca-$NS-3.default" -n podmint-system -o yaml)" PRIVATE
policy "$NS-3" '{"authority": {"selfSigned": {"keyStorage": "Wrapped"}}}'
answers 503 "key encryption key" "$NS-3" web
note "a CA in memory makes only its certificate known; a wrapped one without its KEK says what is missing"

restarted() { # [KEK-FILE]
    "$kit/server" stop
    PODMINT_KEK_FILE=${1:-} "$kit/server" start
    eventually 30 curl -sSf "$E2E_HEALTH/readyz"
}
stored() { kubectl get secret "podmint-ca-$NS-3.wrapped" -n podmint-system -o "jsonpath=$1"; }
openssl rand -hex 32 >kek
openssl rand -hex 32 >other-kek
kubectl apply --server-side -n "$NS-3" -f - >/dev/null <<JSON
{"apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy", "metadata": {"name": "wrapped"}, "spec": {"authority": {"selfSigned": {"keyStorage": "Wrapped"}}}}
JSON
wrapped_bundle() { curl -sS --fail --cacert "$E2E_SERVING_CA" -o wrapped.crt "$E2E_AGENTS/v1/bundle/$NS-3/wrapped"; }
restarted kek
eventually 30 wrapped_bundle
cp wrapped.crt before.crt
[ -n "$(stored '{.data.ca\.key\.wrapped}')" ] || fail "the wrapped key is not in its Secret"
[ -z "$(stored '{.data.ca\.key}')" ] || fail "the key is in its Secret in the clear as well"
pod "$NS-3" locked 10.20.40.2 podmint.dev/policy=wrapped
certificate_request request
locked() {
    local status
    status=$(curl -sS --cacert "$E2E_SERVING_CA" -o answer -w '%{http_code}' -H "Authorization: Bearer $(token "$NS-3" locked podmint.dev)" \
        -H 'Content-Type: application/pkcs10' -H 'Podmint-Policy: wrapped' -H 'Podmint-Reason: first' -H 'Prefer: wait=30' \
        --data-binary @request.csr "$E2E_AGENTS/v1/certificates")
    [ "$status" = "$1" ] && grep -qF -- "$2" answer
}
restarted other-kek
eventually 30 locked 503 'another key encryption key'
restarted kek
eventually 30 locked 200 BEGIN
openssl verify -CAfile before.crt answer >/dev/null || fail "another CA signs since the restart"
restarted
note "a wrapped CA is the same after a restart with its KEK, and cannot be used with another"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 365 -subj /CN=custom \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
for namespace in "$NS-2" "$NS-3"; do
    kubectl create -n "$namespace" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "custom-ca"}, "data": {"ca.crt": "$(base64 -w0 ca.crt)", "ca.key": "$(base64 -w0 ca.key)"}}
JSON
done
policy "$NS-2" '{"tls": {"certificate": {"secretName": "custom-ca"}}}'
answers 503 "podmint may not read Secret" "$NS-2" web
contains "$(cat answer)" "podmint manifests --allow-namespace $NS-2"
kubectl create -f - >/dev/null <<JSON
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "podmint-namespace", "namespace": "$NS-2"},
 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "podmint-namespace"},
 "subjects": [{"kind": "ServiceAccount", "name": "podmint", "namespace": "podmint-system"}]}
JSON
signed() { [ "$(ask "$NS-2" web)" = 200 ] && openssl verify -CAfile ca.crt answer; }
for _ in 1 2 3 4 5 6 7 8 9; do signed >/dev/null && break; sleep 5; done
openssl verify -CAfile ca.crt answer >/dev/null || fail "a person's CA does not sign: $(cat answer)"
note "a person's CA signs once an admin let podmint read it"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout served.key -out served.crt -days 90 -subj / \
    -addext subjectAltName=DNS:web.example.com -addext extendedKeyUsage=serverAuth -addext basicConstraints=critical,CA:FALSE 2>/dev/null
served() { # KEY: a person's certificate, stored whatever is wrong with it.
    kubectl apply --server-side --force-conflicts -n "$NS-2" -f - >/dev/null 2>&1 <<JSON
{"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "served", "annotations": {"podmint.dev/validation": "Warn"}},
 "data": {"tls.crt": "$(base64 -w0 served.crt)", "tls.key": "$(base64 -w0 "$1")"}}
JSON
}
served ca.key
kubectl apply --server-side -n "$NS-2" -f - >/dev/null <<JSON
{"apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy", "metadata": {"name": "mounted"}, "spec": {"tls": {"certificate": {"secretName": "served"}}}}
JSON
ready() { [ "$(kubectl get tlsp mounted -n "$NS-2" -o jsonpath='{.status.conditions[?(@.type=="Ready")].reason}')" = "$1" ]; }
eventually 40 ready KeyMismatch
served served.key
eventually 60 ready UserCertificate
note "a policy whose Secret holds a certificate to mount is as ready as that certificate is good"

# What a tenant cannot get, through the API and by a request made by hand.
policy "$NS" '{"authority": {"clusterAuthority": {"name": "default"}}}'
pod "$NS" tenant 10.20.40.7
answers 200 BEGIN "$NS" tenant
answers 403 "billing.$NS-2.svc" "$NS" tenant "DNS:billing.$NS-2.svc"
answers 403 "sa/admin" "$NS" tenant "URI:spiffe://cluster.local/ns/$NS/sa/admin"
note "by hand: no other namespace's name, no other account's identity"
contains "$(refused policy "$NS" "{\"tls\": {\"subjectAltNames\": [{\"dns\": \"billing.$NS-2.svc\"}]}}")" 'belongs to namespace'
contains "$(refused policy "$NS" '{"tls": {"subjectAltNames": [{"uri": "spiffe://cluster.local/ns/kube-system/sa/admin"}]}}')" 'is a SPIFFE ID'
contains "$(refused policy "$NS" '{"tls": {"subjectAltNames": [{"dns": "*.example.com"}]}, "authority": {"clusterAuthority": {"name": "default"}}}')" \
    'spec.tls.subjectAltNames[0].dns'
# That account's pods have this one anyway; of a name with variables only the pod's turn says what it comes to.
policy "$NS" "{\"tls\": {\"subjectAltNames\": [{\"uri\": \"spiffe://cluster.local/ns/$NS/sa/admin\"}, {\"dns\": \"\${POD_NAME}.$NS-2.svc\"}]}}"
pod "$NS" other 10.20.40.8
answers 403 "SPIFFE ID" "$NS" other
contains "$(cat answer)" "\"other.$NS-2.svc\", from the policy's subjectAltNames, belongs to namespace \"$NS-2\""
told() { kubectl get events.events.k8s.io -n "$NS" -o json | grep 'ForbiddenName' >/dev/null; }
eventually 20 told
denied() { kubectl get tlsp default -n "$NS" -o jsonpath='{.status.conditions[?(@.type=="Issuing")]}' | grep "$1" >/dev/null; }
eventually 40 denied "pod other: .*other.$NS-2.svc"
eventually 5 denied '"reason":"ForbiddenName"'
note "through a policy: neither, as it is applied or when a pod asks; Event and condition say which name and why"
policy "$NS" '{"certificate": {"duration": "3h"}}'
answers 200 BEGIN "$NS" other
undenied() { [ -z "$(kubectl get tlsp default -n "$NS" -o jsonpath='{.status.conditions[?(@.type=="Issuing")]}')" ]; }
eventually 40 undenied
note "the condition goes with the pod's first certificate"
policy "$NS" '{"authority": {"clusterAuthority": {"name": "default"}}}'
pod "$NS" wishful 10.20.40.11 "podmint.dev/sans=billing.$NS-2.svc"
answers 403 "billing.$NS-2.svc" "$NS" wishful
pod "$NS" posing 10.20.40.12 "podmint.dev/uri-sans=spiffe://cluster.local/ns/$NS/sa/admin"
answers 403 "sa/admin" "$NS" posing
note "through annotations: neither"

policy "$NS" '{"certificate": {"duration": "2h"}}'
pod "$NS" third 10.20.40.9
answers 200 BEGIN "$NS" third
policy "$NS" '{"tls": {"certificate": {"secretName": "custom-ca"}}}'
answers 503 "Secret" "$NS" third
lacks "$(cat answer)" BEGIN
refused policy "$NS" "{\"tls\": {\"certificate\": {\"secretName\": \"$NS-2/custom-ca\"}}}" >/dev/null
taken() { pod_manifest taker "podmint.dev/secret=$NS-2/custom-ca" | kubectl create -n "$NS" -f -; }
contains "$(refused taken)" "podmint.dev/secret"
# By hand: a request may name a policy of the pod's namespace and no other.
certificate_request request
status=$(curl -sS --cacert "$E2E_SERVING_CA" -o answer -w '%{http_code}' -H "Authorization: Bearer $(token "$NS" third podmint.dev)" \
    -H 'Content-Type: application/pkcs10' -H "Podmint-Policy: $NS-2/default" -H 'Podmint-Reason: first' \
    --data-binary @request.csr "$E2E_AGENTS/v1/certificates")
[ "$status" = 400 ] || fail "another namespace's policy was answered with $status: $(cat answer)"
note "no CA and no certificate of another namespace's Secret: by policy, by annotation, by hand"

policy "$NS" '{"certificate": {"duration": "1h"}}'
too_long() { pod_manifest long podmint.dev/duration=1000h | kubectl create -n "$NS" -f -; }
contains "$(refused too_long)" "wanted at most 1h"
pod "$NS" long 10.20.40.10
answers 200 BEGIN "$NS" long
if openssl x509 -in answer -noout -checkend 3700 >/dev/null; then fail "it lives longer than the policy grants"; fi
certificate_request request
[ "$(post_request "$(token "$NS" long podmint.dev)" request.csr answer 2000h)" = 200 ]
if openssl x509 -in answer -noout -checkend 3700 >/dev/null; then fail "a request lengthened what the policy grants"; fi
note "no longer life than the policy grants, by annotation or by hand"

contains "$(refused policy "$NS" '{"certificate": {"usages": ["cert sign"]}}')" 'Unsupported value: "cert sign"'
asks_to_sign() { pod_manifest signing podmint.dev/usages=keyCertSign | kubectl create -n "$NS" -f -; }
contains "$(refused asks_to_sign)" '[UnknownAnnotation]'
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout request.key -subj /CN=evil -outform DER -out request.csr \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
[ "$(post_request "$(token "$NS" long podmint.dev)" request.csr answer)" = 200 ] || fail "$(cat answer)"
text=$(openssl x509 -in answer -noout -text)
lacks "$text" "CA:TRUE"
lacks "$text" "Certificate Sign"
lacks "$text" "evil"
note "no CA certificate, whatever policy, annotation or request say"

text=$("$E2E_PODMINT" explain long -n "$NS")
for part in "Pod $NS/long: injected" "service account default" "the pod's address" "$NS.default (podmint's own, keyStorage Secret)" "at most    1h"; do
    contains "$text" "$part"
done
kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain"},
 "spec": {"schedulerName": "nobody", "containers": [{"name": "app", "image": "registry.k8s.io/pause:3.10"}]}}
JSON
"$E2E_PODMINT" explain pod/plain -n "$NS" -o json | python3 -c '
import json, sys
said = json.load(sys.stdin)
assert said["injected"] is False and "does not ask" in said["reasons"][0] and said["certificates"][0]["names"], said'
policy "$NS" "{\"tls\": {\"subjectAltNames\": [{\"dns\": \"\${POD_NAME}.$NS-2.svc\"}]}}"
contains "$("$E2E_PODMINT" explain long -n "$NS")" "belongs to namespace \"$NS-2\""
note "explain says why, which names, where each comes from, and what is denied"

# A tenant: the rights that are podmint's to give, and of the rest what ClusterRole view gives.
kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tenant"}, "rules": [
 {"apiGroups": [""], "resources": ["pods", "services", "namespaces"], "verbs": ["get", "list", "watch"]}]}
JSON
for role in Role/tenant ClusterRole/podmint-view ClusterRole/podmint-edit; do
    kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "tenant-${role#*/}"},
 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "${role%/*}", "name": "${role#*/}"},
 "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "$NS"}]}
JSON
done
kubectl create --raw "/api/v1/namespaces/$NS/serviceaccounts/default/token" -f - >token.json <<<'{
    "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}'
kubectl config view --raw --minify --flatten -o json | python3 -c '
import json, sys
config = json.load(sys.stdin)
token = json.load(open("token.json"))["status"]["token"]
config["users"] = [{"name": config["contexts"][0]["context"]["user"], "user": {"token": token}}]
json.dump(config, sys.stdout)' >tenant.kubeconfig
chmod 600 tenant.kubeconfig
text=$("$E2E_PODMINT" explain long -n "$NS" --kubeconfig tenant.kubeconfig)
contains "$text" "Pod $NS/long: injected"
contains "$text" "not read: ClusterAuthorities"
(export KUBECONFIG=tenant.kubeconfig && policy "$NS" '{"certificate": {"duration": "1h"}}') || fail "a tenant cannot write a policy"
contains "$(refused kubectl --kubeconfig tenant.kubeconfig get clusterauthorities)" 'forbidden'
contains "$(refused kubectl --kubeconfig tenant.kubeconfig get secrets -n "$NS")" 'forbidden'
note "a tenant with podmint-view and podmint-edit in a namespace writes policies there and has pods explained"

# What a ClusterAuthority gives besides, and to whom.
shared() { # SPEC
    kubectl apply --server-side --force-conflicts -f - >/dev/null <<JSON
{"apiVersion": "podmint.dev/v1alpha1", "kind": "ClusterAuthority", "metadata": {"name": "e2e-$$"}, "spec": $1}
JSON
}
under() { # NAMES USAGES: the policy of this namespace, with the shared authority.
    policy "$NS" "{\"authority\": {\"clusterAuthority\": {\"name\": \"e2e-$$\"}}, \"tls\": {\"subjectAltNames\": $1}, \"certificate\": {\"usages\": $2, \"duration\": \"2h\"}}"
}
rule() { printf '{"allow": [{"namespaces": ["%s"], "serviceAccounts": ["%s"], "dns": ["*.shop.example"], "usages": ["server auth"], "maxDuration": "30m"}]}' "$NS" "$1"; }
shared "$(rule default)"
under '[{"dns": "a.shop.example"}]' '["server auth"]'
pod "$NS" allowed 10.20.40.13
answers 200 BEGIN "$NS" allowed
for _ in 1 2 3 4 5; do names_of answer | grep a.shop.example >/dev/null && break; sleep 1; answers 200 BEGIN "$NS" allowed; done
contains "$(names_of answer)" 'DNS:a.shop.example'
if openssl x509 -in answer -noout -checkend 1900 >/dev/null; then fail "it lives longer than the rule's maxDuration"; fi
under '[{"dns": "a.shop.example"}]' '["server auth", "client auth"]'
pod "$NS" usage 10.20.40.14
answers 403 'usage "client auth" is not among those of spec.allow[0]' "$NS" usage
shared "$(rule somebody-else)"
under '[{"dns": "a.shop.example"}]' '["server auth"]'
pod "$NS" account 10.20.40.15
answers 403 "no allow rule of the ClusterAuthority gives it" "$NS" account
note "an allow rule gives its names to its accounts, for its usages and no longer than it says, and nothing beyond"

kubectl create -n podmint-system -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "e2e-$$"}, "data": {"ca.crt": "$(base64 -w0 ca.crt)", "ca.key": "$(base64 -w0 ca.key)"}}
JSON
shared "{\"certificate\": {\"secretName\": \"e2e-$$\"}}"
under '[]' '["server auth"]'
pod "$NS" corporate 10.20.40.16
by_theirs() { [ "$(ask "$NS" corporate)" = 200 ] && openssl verify -CAfile ca.crt answer; }
eventually 40 by_theirs
note "a ClusterAuthority signs with the CA of a Secret in podmint's namespace"

policy "$NS" '{"certificate": {"hostIP": true}}'
pod_manifest node | sed 's/^spec:/spec:\n  hostNetwork: true/' | kubectl create -n "$NS" -f - >/dev/null
for name in node dual; do
    [ "$name" = node ] || pod_manifest dual | kubectl create -n "$NS" -f - >/dev/null
    kubectl patch pod "$name" -n "$NS" --subresource=status --type=merge \
        -p '{"status": {"podIP": "10.20.40.17", "podIPs": [{"ip": "10.20.40.17"}, {"ip": "fd00:20::17"}]}}' >/dev/null
    answers 200 BEGIN "$NS" "$name"
    contains "$(names_of answer)" 'IP Address:10.20.40.17'
    contains "$(names_of answer)" 'IP Address:FD00:20:0:0:0:0:0:17'
done
policy "$NS" '{"certificate": {"hostIP": false}}'
without() { [ "$(ask "$NS" node)" = 200 ] && names_of answer >names && ! grep -q 'IP Address' names; }
eventually 20 without
note "addresses of both families, and the node's only where the policy says so"
