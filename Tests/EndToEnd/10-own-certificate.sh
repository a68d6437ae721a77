#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A server with somebody else's certificate shows it, and the next one when the files change; --client-ca closes the API server's listener.
source "$(dirname "$0")/kit.sh"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# authority NAME: a CA in NAME.crt and NAME.key.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
# certificate CA NAME USAGE: NAME.crt (leaf, then CA) and NAME.key.
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$2.key" -out "$2.csr" 2>/dev/null
    openssl x509 -req -in "$2.csr" -CA "$1.crt" -CAkey "$1.key" -CAcreateserial -days 1 -out "$2.leaf" \
        -extfile <(printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=%s\n' "$3") 2>/dev/null
    cat "$2.leaf" "$1.crt" >"$2.crt"
}

cd "$E2E_WORK"
authority theirs
authority clients
authority strangers
certificate theirs one serverAuth
certificate theirs two serverAuth
certificate clients apiserver clientAuth
certificate clients wrong-usage serverAuth
certificate strangers stranger clientAuth
cp one.crt tls.crt
cp one.key tls.key
cp clients.crt client-ca.crt

admission=127.0.0.1:$(free_port) agents=127.0.0.1:$(free_port) health=127.0.0.1:$(free_port)
PODMINT_SHUTDOWN_DELAY=0s setsid "$E2E_PODMINT" serve --kubeconfig "$E2E_KUBECONFIG" --listen "$admission" --agent-listen "$agents" \
    --health-listen "$health" --advertise "$E2E_ADMISSION" --audit-file "$E2E_WORK/audit.log" \
    --cert-file tls.crt --key-file tls.key --client-ca client-ca.crt >podmint.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
eventually 20 curl -sSf "http://$health/readyz"

ask() { # HOST NAME: a review as the owner of NAME.crt asks for it; without NAME as nobody.
    local who=()
    [ $# -lt 2 ] || who=(--cert "$2.crt" --key "$2.key")
    curl -sS --cacert theirs.crt "${who[@]}" -o /dev/null -w '%{http_code}' -d '{}' "https://$1/mutate/pods"
}
[ "$(ask "$admission" apiserver)" = 400 ] || fail "the API server's client certificate should open the listener"
refused ask "$admission" >/dev/null
refused ask "$admission" stranger >/dev/null
refused ask "$admission" wrong-usage >/dev/null
[ "$(ask "$agents")" = 404 ] || fail "agents have no client certificate and need none"
[ "$(curl -sS -o /dev/null -w '%{http_code}' "http://$health/livez")" = 200 ] || fail "health needs no certificate"
note "only who shows a client certificate of --client-ca is heard on --listen; agents and health are not affected"

cp strangers.crt client-ca.next
mv client-ca.next client-ca.crt
other() { [ "$(ask "$admission" stranger)" = 400 ]; }
eventually 20 other
refused ask "$admission" apiserver >/dev/null
note "other client authorities hold as soon as their file says so"

shown() { openssl s_client -connect "$agents" </dev/null 2>/dev/null | openssl x509 -noout -subject; }
contains "$(shown)" one
head -c 100 two.crt >tls.next
mv tls.next tls.crt
said() { grep -q 'the old one stays' podmint.log; }
eventually 20 said
contains "$(shown)" one
cp two.crt tls.next
mv tls.next tls.crt
cp two.key tls.next
mv tls.next tls.key
changed() { [[ "$(shown)" = *two* ]]; }
eventually 20 changed
[ "$(grep -c 'the old one stays' podmint.log)" -le 3 ] || fail "a pair that cannot be used is told again and again"
note "a pair written by half keeps the old one; the whole one is shown"
