# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What every end-to-end case shares. A case is a bash script that exits 0 when podmint behaved; it knows a kubeconfig and three
# addresses, never what stands behind them. hack/e2e sets: E2E_WORK (a folder of the case's own), E2E_PODMINT and E2E_AGENT
# (binaries; E2E_SANDBOX too where the suite runs against one), E2E_ADMISSION, E2E_AGENTS and E2E_HEALTH (URLs), E2E_SERVING_CA (a file), E2E_STATE (logs and audits).
set -euo pipefail
kit=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The case's namespace; a second one is "$NS-2".
NS="e2e-$(basename "$0" .sh | cut -d- -f1)-$$"

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

note() { printf '   %s\n' "$*"; }

contains() {
    [[ "$1" == *"$2"* ]] || fail "expected to find: $2
in: $1"
}

# An empty text lacks everything, and is what a command that failed left behind.
lacks() {
    [ -n "$1" ] || fail "there is nothing that could lack: $2"
    [[ "$1" != *"$2"* ]] || fail "expected not to find: $2
in: $1"
}

# not_tried WHY: ends the case here; a failure where PODMINT_ALL_TESTS says that nothing may be left out.
not_tried() {
    [ "${PODMINT_ALL_TESTS:-no}" != yes ] || fail "$1"
    note "$1: not tried"
    exit 0
}

# refused COMMAND...: the command must fail; its output is printed for the caller to look at.
refused() {
    local output
    if output=$("$@" 2>&1); then fail "accepted, but should have been refused: $* -> $output"; fi
    printf '%s' "$output"
}

# eventually SECONDS COMMAND...: repeats until it succeeds.
eventually() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "did not come true in time: $*"
        sleep 0.2
    done
}

# opted_in NAMESPACE [VALUE [LABEL=VALUE...]]
opted_in() {
    local namespace=$1 value=${2:-enabled}
    shift
    [ $# -eq 0 ] || shift
    namespaced "$namespace" "podmint.dev/injection=$value" "$@"
    # podmint learns of the label by a watch; the anchor that it writes says when.
    eventually 20 kubectl get configmap podmint-root -n "$namespace"
}

namespaced() {
    local namespace=$1
    shift
    kubectl create -f - >/dev/null <<YAML
{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$namespace"}}
YAML
    trap leave EXIT
    [ $# -eq 0 ] || kubectl label namespace "$namespace" "$@" >/dev/null
    eventually 20 kubectl get serviceaccount default -n "$namespace"
}

# Whatever became of the case, the next one finds no namespace, agent or fault of it.
leave() {
    local process
    for process in $(jobs -p); do kill -9 "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    fault api clear >/dev/null || true
    fault agents clear >/dev/null || true
    kubectl delete namespace --wait=false "$NS" "$NS-2" --ignore-not-found >/dev/null 2>&1 || true
}

# fault api|agents COMMAND [NUMBER]: misfortune between podmint and the API server, or between agents and podmint; see fault-proxy.
fault() {
    local where=$1
    shift
    "$kit/fault-proxy" tell "$E2E_STATE/$where.proxy" "$@"
}

# api_faults JSON: what a real API server does only by chance; the sandbox does it when asked. False where nobody takes the wish.
api_faults() { kubectl create --raw /sandbox/faults -f - <<<"$1" >/dev/null 2>&1; }

# pod_manifest NAME [ANNOTATION=VALUE...]: no scheduler takes it, so that nobody but the case plays its kubelet.
pod_manifest() {
    local name=$1 pair
    shift
    cat <<YAML
apiVersion: v1
kind: Pod
metadata:
  name: $name
  labels: {app: $name}
  annotations:
    podmint.dev/inject: "true"
YAML
    for pair in "$@"; do printf '    %s: "%s"\n' "${pair%%=*}" "${pair#*=}"; done
    cat <<YAML
spec:
  schedulerName: nobody
  terminationGracePeriodSeconds: 0
  containers:
  - name: app
    image: registry.k8s.io/pause:3.10
YAML
}

# give_address POD ADDRESS: what a kubelet reports once the pod's network is up.
give_address() {
    kubectl patch pod "$1" -n "$NS" --subresource=status --type=merge \
        -p "{\"status\": {\"podIP\": \"$2\", \"podIPs\": [{\"ip\": \"$2\"}]}}" >/dev/null
}

# token NAMESPACE POD AUDIENCE: a token bound to that pod, as the kubelet asks for it.
token() {
    local uid
    uid=$(kubectl get pod "$2" -n "$1" -o jsonpath='{.metadata.uid}')
    kubectl create --raw "/api/v1/namespaces/$1/serviceaccounts/default/token" -f - <<JSON |
{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
 "spec": {"audiences": ["$3"], "expirationSeconds": 600,
          "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "$2", "uid": "$uid"}}}
JSON
        python3 -c 'import json, sys; print(json.load(sys.stdin)["status"]["token"])'
}

# certificate_request FILE-PREFIX [SAN]: a key and a CSR in DER.
certificate_request() {
    local extra=()
    [ $# -lt 2 ] || extra=(-addext "subjectAltName=$2")
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj / "${extra[@]}" \
        -outform DER -out "$1.csr" 2>/dev/null
}

# post_request TOKEN CSR OUTPUT [DURATION]: prints the status code.
post_request() {
    local duration=()
    [ $# -lt 4 ] || duration=(-H "Podmint-Duration: $4")
    curl -sS --http1.1 --cacert "$E2E_SERVING_CA" -o "$3" -D "$3.head" -w '%{http_code}' --max-time 60 \
        -H "Authorization: Bearer $1" -H 'Content-Type: application/pkcs10' -H 'Podmint-Policy: default' \
        -H 'Podmint-Reason: first' -H 'Prefer: wait=30' "${duration[@]}" --data-binary "@$2" "$E2E_AGENTS/v1/certificates"
}

# left_behind: everything in the cluster that says it is podmint's, or is named so.
left_behind() {
    local kind
    for kind in $(kubectl api-resources --verbs=list,delete -o name | grep -vE '^events'); do
        kubectl get "$kind" -A -o json 2>/dev/null
    done | python3 -c '
import json, sys
decoder, text = json.JSONDecoder(), sys.stdin.read().strip()
while text:
    found, end = decoder.raw_decode(text)
    text = text[end:].lstrip()
    for item in found["items"]:
        meta = item["metadata"]
        labels = meta.get("labels", {})
        if "podmint" in (labels.get("app.kubernetes.io/name"), labels.get("app.kubernetes.io/part-of"),
                         labels.get("app.kubernetes.io/managed-by")) or meta["name"].startswith("podmint") \
                or (item["kind"] != "Namespace" and meta.get("namespace") == "podmint-system"):
            print(item["kind"], meta.get("namespace", ""), meta["name"])'
}

# names_of CERTIFICATE: its subject alternative names, one a line, sorted.
names_of() {
    openssl x509 -in "$1" -noout -ext subjectAltName | tail -n +2 | tr ',' '\n' | sed 's/^ *//' | sort
}
