#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Upgrade from manifests with one webhook entry fewer, a new server for each old one, and back: while pods are created without a pause.
# One binary plays both versions: what differs here is the manifests. That servers of two builds finish each other's pods this does not show.
source "$(dirname "$0")/kit.sh"
source "$kit/replicas.sh"
opted_in "$NS"
service one two three four five

apply() { kubectl apply --server-side -f - >/dev/null; }
manifests() { "$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" "$@"; }
# The version before: without the last check of pods.
former() { manifests | awk '/^- name: /{ left_out = ($3 == "final-pods.podmint.dev") } /^---/{ left_out = 0 } !left_out'; }
# The version after: with an entry for pods whose path no server here serves.
later() {
    manifests "$@" | awk '
        /^- name: / && copied { gsub(/final-pods/, "later-pods", entry); gsub("/validate/pods", "/validate/later-pods", entry); printf "%s", entry }
        /^- name: / { copied = ($3 == "final-pods.podmint.dev") }
        { print }
        copied { entry = entry $0 "\n" }'
}
entries() { kubectl get mutatingwebhookconfiguration,validatingwebhookconfiguration podmint -o jsonpath='{.items[*].webhooks[*].name}'; }
# bundles: what each entry of the validating webhooks trusts, a line for each.
bundle() { kubectl get validatingwebhookconfiguration podmint -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d; }
# The certificates of each entry, one line for each entry, whatever their order.
bundles() {
    kubectl get validatingwebhookconfiguration podmint -o json | python3 -c '
import base64, json, sys
for entry in json.load(sys.stdin)["webhooks"]:
    pem = base64.b64decode(entry["clientConfig"].get("caBundle", "")).decode()
    print(sorted("".join(part.split("-----END")[0].split()) for part in pem.split("-----BEGIN CERTIFICATE-----")[1:]), "#" in pem)'
}

former | apply
lacks "$(entries)" final-pods
ready_replica one
ready_replica two

"$kit/storm" "$NS" --until "$E2E_WORK/enough" --rate 15 >"$E2E_WORK/flow.json" &
flow=$!
pods() { kubectl get pods -n "$NS" --no-headers 2>/dev/null | wc -l; }
flowing() { [ "$(pods)" -gt 20 ]; }
eventually 20 flowing

# docs/operations.md: a new entry brings what the others trust, and works at once.
bundle >"$E2E_WORK/bundle.pem"
trusted=$(bundles | sort -u)
manifests --ca-bundle "$E2E_WORK/bundle.pem" | kubectl apply --server-side --force-conflicts -f - >/dev/null
contains "$(entries)" final-pods
# podmint writes it again, and owns it from then on: manifests without a bundle take nothing away.
not_carried() { [ "$(bundles | sort -u)" = "$trusted" ]; }
eventually 20 not_carried
manifests | apply
not_carried || fail "applying the manifests again took a caBundle away"
ready_replica three
replica stop one
ready_replica four
replica stop two
upgraded=$(pods)
note "upgraded: manifests applied, two new servers, two old ones gone"

# Servers are older than the manifests for as long as a rollout takes, and longer where it fails.
later --ca-bundle "$E2E_WORK/bundle.pem" | kubectl apply --server-side --force-conflicts -f - >/dev/null
contains "$(entries)" later-pods
said=$(pod_manifest early | kubectl create -n "$NS" -f - 2>&1)
contains "$said" 'podmint: path /validate/later-pods is not served by this version'
meanwhile=$(pods)
more() { [ "$(pods)" -gt $((meanwhile + 20)) ]; }
eventually 20 more
eventually 20 not_carried
manifests | apply
lacks "$(entries)" later-pods
note "an entry of the version to come, with a path that no server serves: pods are created all the same, with a warning"

former | apply
lacks "$(entries)" final-pods
ready_replica five
replica stop three
note "rolled back: manifests with an entry fewer, and another server"
sleep 1
touch "$E2E_WORK/enough"
wait "$flow"
result=$(cat "$E2E_WORK/flow.json")
[ "$upgraded" -gt 20 ] || fail "no pods were created meanwhile: $result"
[ "$(came_of "$result" failed) $(came_of "$result" "not injected")" = '0 0' ] || fail "creations failed: $result"
[ "$(came_of "$result" certificates)" = "$(came_of "$result" created)" ] || fail "not every pod got its certificate: $result"
note "meanwhile, without one failed creation: $result"
