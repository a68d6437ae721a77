#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A bad certificate is refused when it is applied, with all its faults; a good one passes; renewals never hang on us.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"
cd "$E2E_WORK"

authority() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" -days 3650 \
        -subj "/CN=$1" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
}
leaf() { # NAME AUTHORITY DAYS
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    printf 'subjectAltName=DNS:%s.example.com\n' "$1" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "$3" -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}
secret() { # NAME CERTIFICATE KEY [CA [ANNOTATIONS]]
    local ca=""
    [ -z "${4:-}" ] || ca="\"ca.crt\": \"$(base64 -w0 "$4")\","
    cat <<JSON
{"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
 "metadata": {"name": "$1", "annotations": {${5:-}}},
 "data": {$ca "tls.crt": "$(base64 -w0 "$2")", "tls.key": "$(base64 -w0 "$3")"}}
JSON
}

authority root
authority stranger
leaf good root 365
leaf other root 365

secret good good.crt good.key root.crt | kubectl apply -n "$NS" -f - >/dev/null
note "a good certificate is accepted"

# Wrong key, and a bundle that does not lead to it: both in one answer.
answer=$(secret bad good.crt other.key stranger.crt | refused kubectl apply -n "$NS" -f -)
contains "$answer" 'secrets.podmint.dev'
contains "$answer" '[KeyMismatch]'
contains "$answer" 'Chain'
lacks "$answer" 'PRIVATE KEY'
note "a bad one is refused with every fault: $(grep -oE '\[[A-Za-z]+\]' <<<"$answer" | sort -u | tr '\n' ' ')"

# Replacing a working pair by a broken one is refused, and the old content is still there.
refused kubectl apply -n "$NS" -f <(secret good good.crt other.key root.crt) >/dev/null
[ "$(kubectl get secret good -n "$NS" -o jsonpath='{.data.tls\.key}')" = "$(base64 -w0 good.key)" ] || fail "the refusal lost the old key"
kubectl label secret good -n "$NS" checked=yes >/dev/null
note "a broken update is refused, a label on unchanged content passes"

warned=$(secret warned good.crt other.key root.crt '"podmint.dev/validation": "Warn"' | kubectl apply -n "$NS" -f - 2>&1)
contains "$warned" 'Warning:'
contains "$warned" 'KeyMismatch'
note "in Warn mode it is stored, and the faults come back as warnings"

secret off good.crt other.key root.crt '"podmint.dev/validation": "Off"' | kubectl apply -n "$NS" -f - >/dev/null
kubectl delete secret off warned good -n "$NS" >/dev/null
note "Off is off, and deletion is never blocked"

kubectl create -n "$NS" -f - >/dev/null <<JSON
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "unrelated"}, "stringData": {"tls.key": "not ours to judge"}}
JSON
note "a Secret that holds no certificate never reaches podmint"
