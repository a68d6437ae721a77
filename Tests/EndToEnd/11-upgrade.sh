#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Upgrade from the manifests before, with one webhook entry fewer, a new server for each old one, and back: while pods and templates come without a pause.
# The former version's manifests are its own (former-install.yaml), its servers are this build's: that servers of two builds finish each other's pods this does not show.
source "$(dirname "$0")/kit.sh"
source "$kit/replicas.sh"
opted_in "$NS"
opted_in "$NS-2" policies
service one two three four five

apply() { kubectl apply --server-side -f - >/dev/null; }
manifests() { "$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" "$@"; }
# The version before, as its `--advertise` had it: a URL for the Service, and nothing that runs in the cluster.
former() {
    python3 - "$kit/former-install.yaml" "$E2E_ADMISSION" <<'PYTHON'
import re, sys
for document in open(sys.argv[1]).read().split("---\n"):
    if not re.search(r"^kind: (Deployment|Service|PodDisruptionBudget|NetworkPolicy)$", document, re.M):
        service = r"    service:\n      name: podmint\n      namespace: podmint-system\n      path: (\S+)\n      port: 443\n"
        print("---\n" + re.sub(service, rf"    url: {sys.argv[2]}\1\n", document))
PYTHON
}
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

# asked: how many templates the servers that run now were asked about, or let through because they do not know the entry.
asked() {
    local name
    for name in "${!health_port[@]}"; do curl -sS --max-time 5 "http://127.0.0.1:${health_port[$name]}/metrics" 2>/dev/null || true; done |
        awk '/^podmint_admissions_total\{endpoint="\/validate\/workloads"/ { count += $2 } END { print count + 0 }'
}
are_asked() { [ "$(asked)" -gt 0 ]; }

former | apply
lacks "$(entries)" selected-workloads
ready_replica one
ready_replica two

"$kit/storm" "$NS" --until "$E2E_WORK/enough" --rate 15 >"$E2E_WORK/flow.json" &
flow=$!
# Templates without an annotation, where policies select: what the new entry is about.
templates() {
    local number=0
    until [ -e "$E2E_WORK/enough" ]; do
        number=$((number + 1))
        kubectl create -n "$NS-2" -f - >/dev/null 2>>"$E2E_WORK/refused" <<YAML || true
{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "plain-$number"},
 "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "plain"}},
          "template": {"metadata": {"labels": {"app": "plain"}}, "spec": {"containers": [{"name": "app", "image": "registry.k8s.io/pause:3.10"}]}}}}
YAML
        sleep 0.1
    done
    echo "$number" >"$E2E_WORK/templates"
}
templates &
templates=$!
pods() { kubectl get pods -n "$NS" --no-headers 2>/dev/null | wc -l; }
flowing() { [ "$(pods)" -gt 20 ]; }
eventually 20 flowing
! are_asked || fail "servers are asked about templates that the former manifests leave alone"

# docs/operations.md: a new entry brings what the others trust, and works at once.
bundle >"$E2E_WORK/bundle.pem"
trusted=$(bundles | sort -u)
manifests --ca-bundle "$E2E_WORK/bundle.pem" | kubectl apply --server-side --force-conflicts -f - >/dev/null
contains "$(entries)" selected-workloads
eventually 10 are_asked
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
lacks "$(entries)" selected-workloads
ready_replica five
replica stop three
replica stop four
settled=$(asked)
sleep 2
[ "$(asked)" = "$settled" ] || fail "servers are still asked about templates"
note "rolled back: the former manifests, with an entry fewer, and another server"
touch "$E2E_WORK/enough"
wait "$flow" "$templates"
result=$(cat "$E2E_WORK/flow.json")
[ "$upgraded" -gt 20 ] || fail "no pods were created meanwhile: $result"
[ "$(came_of "$result" failed) $(came_of "$result" "not injected")" = '0 0' ] || fail "creations failed: $result"
[ "$(came_of "$result" certificates)" = "$(came_of "$result" created)" ] || fail "not every pod got its certificate: $result"
[ ! -s "$E2E_WORK/refused" ] || fail "templates were refused: $(cat "$E2E_WORK/refused")"
[ "$(cat "$E2E_WORK/templates")" -gt 50 ] || fail "only $(cat "$E2E_WORK/templates") templates were created meanwhile"
note "meanwhile, without one failed creation: $(cat "$E2E_WORK/templates") templates, $result"
