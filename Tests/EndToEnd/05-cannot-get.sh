#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a pod cannot get: by its CSR, by another token, after deletion, by changing what it says of itself.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

for pod in mine theirs; do pod_manifest "$pod" | kubectl create -n "$NS" -f - >/dev/null; done
give_address mine 10.20.31.1
give_address theirs 10.20.31.2
mine=$(token "$NS" mine podmint.dev)
out=$E2E_WORK/out

certificate_request "$E2E_WORK/evil" "DNS:billing.kube-system.svc"
status=$(post_request "$mine" "$E2E_WORK/evil.csr" "$out")
[ "$status" = 403 ] || fail "a foreign name was answered with $status: $(cat "$out")"
contains "$(cat "$out")" 'billing.kube-system.svc'
note "a name that the pod does not have: 403, naming it"

certificate_request "$E2E_WORK/ip" "IP:10.20.31.2"
status=$(post_request "$mine" "$E2E_WORK/ip.csr" "$out")
[ "$status" = 403 ] || fail "another pod's address was answered with $status: $(cat "$out")"
note "another pod's address: 403"

certificate_request "$E2E_WORK/other"
status=$(post_request "$(token "$NS" theirs podmint.dev)" "$E2E_WORK/other.csr" "$out")
[ "$status" = 200 ] || fail "a proper request was answered with $status: $(cat "$out")"
contains "$(names_of "$out")" "IP Address:10.20.31.2"
lacks "$(names_of "$out")" "IP Address:10.20.31.1"
note "with another pod's token one gets that pod's names, never one's own"

status=$(post_request "$mine" "$E2E_WORK/other.csr" "$out")
[ "$status" = 403 ] || [ "$status" = 400 ] || fail "another pod's key was answered with $status"
note "a key that another pod already uses: $status"

certificate_request "$E2E_WORK/plain"
status=$(post_request "$(token "$NS" mine https://kubernetes.default.svc)" "$E2E_WORK/plain.csr" "$out")
[ "$status" = 401 ] || fail "a token of another audience was answered with $status"
status=$(post_request not.a.token "$E2E_WORK/plain.csr" "$out")
[ "$status" = 401 ] || fail "a made-up token was answered with $status"
note "a token of another audience, or none at all: 401"

kubectl annotate pod mine -n "$NS" podmint.dev/sans=billing.kube-system.svc podmint.dev/duration=2000h --overwrite >/dev/null
kubectl label pod mine -n "$NS" team=other >/dev/null
status=$(post_request "$mine" "$E2E_WORK/plain.csr" "$out")
if [ "$status" = 200 ]; then
    lacks "$(names_of "$out")" billing
    openssl x509 -in "$out" -noout -checkend $((25 * 3600)) >/dev/null && fail "annotations lengthened a running pod's life"
else
    [ "$status" = 403 ] || fail "changed annotations were answered with $status"
fi
note "annotations changed after admission: nothing gained ($status)"

kubectl delete pod mine -n "$NS" --force --grace-period=0 >/dev/null 2>&1
certificate_request "$E2E_WORK/late"
status=$(post_request "$mine" "$E2E_WORK/late.csr" "$out")
[ "$status" = 401 ] || [ "$status" = 403 ] || fail "a deleted pod's token was answered with $status"
note "the token of a deleted pod: $status"

# A pod of the same name has another UID: the old token is still worth nothing.
pod_manifest mine | kubectl create -n "$NS" -f - >/dev/null
give_address mine 10.20.31.3
status=$(post_request "$mine" "$E2E_WORK/late.csr" "$out")
[ "$status" = 401 ] || [ "$status" = 403 ] || fail "the token of a pod's predecessor was answered with $status"
note "the token of a predecessor of the same name: $status"

# A pod outside the opted-in namespaces can mint such a token, and gets nothing for it.
namespaced "$NS-2"
pod_manifest stranger | kubectl create -n "$NS-2" -f - >/dev/null
status=$(post_request "$(token "$NS-2" stranger podmint.dev)" "$E2E_WORK/late.csr" "$out")
[ "$status" = 403 ] || fail "a pod that was never injected was answered with $status: $(cat "$out")"
note "a pod that was never injected: 403"
