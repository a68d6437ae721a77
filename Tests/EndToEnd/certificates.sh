# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced after kit.sh by cases about people's certificates: an authority, leaves, Secrets of them and workloads that name them.

: "${kit:?to be sourced after kit.sh}"
cd "$E2E_WORK" || exit

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.crt -days 3650 -subj /CN=root \
    -addext basicConstraints=critical,CA:TRUE 2>/dev/null

leaf() { # NAME SAN...
    local name=$1 IFS=,
    shift
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj / 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\n' "$*" >"$name.ext"
    openssl x509 -req -in "$name.csr" -CA root.crt -CAkey root.key -CAcreateserial -days 365 -extfile "$name.ext" -out "$name.crt" 2>/dev/null
}

secret() { # NAME MATERIAL [ANNOTATIONS [TYPE]]
    cat <<JSON
{"apiVersion": "v1", "kind": "Secret", "type": "${4:-kubernetes.io/tls}", "metadata": {"name": "$1", "annotations": {${3:-}}},
 "data": {"ca.crt": "$(base64 -w0 root.crt)", "tls.crt": "$(base64 -w0 "$2.crt")", "tls.key": "$(base64 -w0 "$2.key")"}}
JSON
}

workload() { # KIND NAME ANNOTATIONS [SPEC]
    local api=apps/v1
    [ "$1" != CronJob ] && [ "$1" != Job ] || api=batch/v1
    local template='"template": {"metadata": {"labels": {"app": "web"}, "annotations": {'$3'}}, "spec": {"restartPolicy": "'
    case "$1" in
    Job | CronJob) template+='Never' ;;
    *) template+='Always' ;;
    esac
    template+='", "schedulerName": "nobody", "containers": [{"name": "app", "image": "registry.k8s.io/pause:3.10"}]}}'
    local spec='"selector": {"matchLabels": {"app": "web"}}, '${4:-}$template
    case "$1" in
    Job) spec=$template ;;
    CronJob) spec='"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {'$template'}}' ;;
    esac
    printf '{"apiVersion": "%s", "kind": "%s", "metadata": {"name": "%s"}, "spec": {%s}}\n' "$api" "$1" "$2" "$spec"
}

# may_read_secrets: the right that `podmint manifests --allow-namespace` gives. podmint looks for it once a minute where it had none.
may_read_secrets() {
    kubectl apply -f - >/dev/null <<YAML
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: podmint-namespace, namespace: $NS}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: podmint-namespace}
subjects: [{kind: ServiceAccount, name: podmint, namespace: podmint-system}]
YAML
}
