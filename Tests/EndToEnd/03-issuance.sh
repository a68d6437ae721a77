#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The injected agent gets a certificate that openssl verifies, with the names that the pod has and no other.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

kubectl create -n "$NS" -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: web}, ports: [{port: 443}]}
YAML
pod_manifest web | kubectl create -n "$NS" -f - >/dev/null
give_address web 10.20.30.40

set_folder=$E2E_WORK/pod/podmint-default
timeout 60 "$kit/run-agent" "$NS" web "$E2E_WORK/pod" "$E2E_AGENT" init || fail "the agent did not get its certificate"
for file in tls.crt tls.key ca.crt tls.pem; do
    [ -s "$set_folder/$file" ] || fail "$file is missing"
done
[ -L "$set_folder/..data" ] || fail "the set is not behind one ..data link"
openssl verify -x509_strict -purpose sslserver -CAfile "$set_folder/ca.crt" "$set_folder/tls.crt" >/dev/null ||
    fail "openssl does not verify the certificate"
names=$(names_of "$set_folder/tls.crt")
expected=$(sort <<NAMES
DNS:shop.$NS.svc
DNS:shop.$NS.svc.cluster.local
IP Address:10.20.30.40
URI:spiffe://cluster.local/ns/$NS/sa/default
NAMES
)
[ "$names" = "$expected" ] || fail "names are:
$names
and should be:
$expected"
note "verified, with: $(tr '\n' ' ' <<<"$names")"

[ "$(openssl pkey -in "$set_folder/tls.key" -pubout)" = "$(openssl x509 -in "$set_folder/tls.crt" -noout -pubkey)" ] ||
    fail "the key does not belong to the certificate"
[ "$(grep -c 'BEGIN' "$set_folder/tls.pem")" -ge 2 ] || fail "tls.pem should hold key and chain"
head -1 "$set_folder/tls.pem" | grep 'PRIVATE KEY' >/dev/null || fail "tls.pem should begin with the key"
timeout 10 "$kit/run-agent" "$NS" web "$E2E_WORK/pod" "$E2E_AGENT" probe || fail "the probe should be content"
note "key, chain and bundle fit each other; the probe agrees"

serial=$(openssl x509 -in "$set_folder/tls.crt" -noout -serial)
timeout 60 "$kit/run-agent" "$NS" web "$E2E_WORK/pod" "$E2E_AGENT" init
[ "$serial" = "$(openssl x509 -in "$set_folder/tls.crt" -noout -serial)" ] || fail "a restart threw a valid certificate away"
note "a restarted agent keeps what is still valid"

# A StatefulSet's pod behind a headless Service has its own name.
kubectl create -n "$NS" -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db-0}, ports: [{port: 443}]}
YAML
pod_manifest db-0 | sed 's/^spec:/spec:\n  hostname: db-0\n  subdomain: db/' | kubectl create -n "$NS" -f - >/dev/null
give_address db-0 10.20.30.41
timeout 60 "$kit/run-agent" "$NS" db-0 "$E2E_WORK/db" "$E2E_AGENT" init
contains "$(names_of "$E2E_WORK/db/podmint-default/tls.crt")" "DNS:db-0.db.$NS.svc"
note "a pod of a headless Service has its own name"
