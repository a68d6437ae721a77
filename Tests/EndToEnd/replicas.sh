# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced after kit.sh by cases with more than one server: each is a process of its own behind a proxy that does what a Service
# does, so that the API server and the agents see one address.

: "${kit:?to be sourced after kit.sh}"

# The API server offers HTTP/2 to loopback addresses only, and production is never one.
outside=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m 1 -E '^[0-9.]+$' || true)
outside=${E2E_OUTSIDE_HOST:-${outside:-$E2E_HOST}}
single_admission=$E2E_ADMISSION single_agents=$E2E_AGENTS single_listen=$E2E_AGENT_LISTEN single_health=$E2E_HEALTH

free_ports() {
    python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("", 0))
print(*(s.getsockname()[1] for s in sockets))' "$1"
}

# service NAME...: puts the Service in front of replicas of these names, none of which runs yet, and stops the suite's own server.
declare -A webhook_port agents_port health_port
service() {
    local name webhooks=() agents=()
    "$kit/server" stop
    trap 'leave_service; leave' EXIT
    for name in "$@"; do
        read -r "webhook_port[$name]" "agents_port[$name]" "health_port[$name]" < <(free_ports 3)
        webhooks+=(--to "$outside:${webhook_port[$name]},http://127.0.0.1:${health_port[$name]}/readyz")
        agents+=(--to "$outside:${agents_port[$name]},http://127.0.0.1:${health_port[$name]}/readyz")
    done
    "$kit/fault-proxy" serve --listen "$outside:0" "${webhooks[@]}" --control "$E2E_STATE/webhooks.proxy" &
    "$kit/fault-proxy" serve --listen "$outside:0" "${agents[@]}" --control "$E2E_STATE/replicas.proxy" &
    eventually 10 fault webhooks port
    eventually 10 fault replicas port
    E2E_ADMISSION=https://$outside:$(fault webhooks port)
    E2E_AGENTS=https://$outside:$(fault replicas port)
}

# replica start|stop|kill NAME: as a Deployment's pod would come and go.
replica() {
    local name=$2
    if [ "$1" = kill ]; then
        kill -9 "$(cat "$E2E_STATE/$name.pid")"
        rm "$E2E_STATE/$name.pid"
        return
    fi
    # Ten seconds where nobody waits for it: what is left idle by then has not been used for as long.
    E2E_SHUTDOWN_DELAY=4s E2E_REPLICA=$name E2E_LISTEN=$outside:${webhook_port[$name]} E2E_AGENT_LISTEN=$outside:${agents_port[$name]} \
        E2E_HEALTH=http://127.0.0.1:${health_port[$name]} "$kit/server" "$1"
}
in_service() { fault webhooks targets | grep -F "$outside:${webhook_port[$1]}" >/dev/null; }
ready_replica() {
    replica start "$1"
    eventually 30 in_service "$1"
}

leave_service() {
    local name
    for name in "${!health_port[@]}"; do replica stop "$name"; done
    E2E_ADMISSION=$single_admission E2E_AGENTS=$single_agents E2E_AGENT_LISTEN=$single_listen E2E_HEALTH=$single_health
    kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration podmint --ignore-not-found >/dev/null 2>&1
    "$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" | kubectl apply --server-side --force-conflicts -f - >/dev/null
    "$kit/server" start
    eventually 30 curl -sSf "$E2E_HEALTH/readyz"
}

# came_of RESULT WHAT: a figure from what `storm` printed.
came_of() { python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get(sys.argv[2], 0))' "$@"; }
