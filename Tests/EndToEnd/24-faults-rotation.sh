#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The leader is killed in the middle of a rotation of the serving CA: the next one completes it, and no handshake fails for want of trust.
source "$(dirname "$0")/kit.sh"
source "$kit/replicas.sh"
opted_in "$NS"
service one two
"$E2E_PODMINT" manifests --advertise "$E2E_ADMISSION" | kubectl apply --server-side -f - >/dev/null
ready_replica one
ready_replica two

entry() { kubectl get secret podmint-serving -n podmint-system -o jsonpath="{.data.${1//./\\.}}" | base64 -d; }
# Read to its end first: curl fails where grep has gone before.
leads() { grep -q '^podmint_leader 1' <<<"$(curl -sS "http://127.0.0.1:${health_port[$1]}/metrics" 2>/dev/null)"; }
old=$E2E_WORK/old.crt new=$E2E_WORK/new.crt
entry ca.crt >"$old"

# Who knows only the old CA, and once it signs who knows only the new one. A connection that a killed server had is no lack of trust
# (60 of curl), and is made anew.
shake() {
    local count=0 url ca status
    until [ -e "$E2E_WORK/stop" ]; do
        for url in "$E2E_ADMISSION" "$E2E_AGENTS"; do
            for ca in "$old" "$new"; do
                [ -s "$ca" ] || continue
                count=$((count + 1)) status=0
                curl -sS -o /dev/null --max-time 10 --cacert "$ca" "$url/" 2>>"$E2E_WORK/words" || status=$?
                [ "$status" != 60 ] || echo "$url with $ca" >>"$E2E_WORK/untrusted"
                [ "$status" = 0 ] || echo "$status" >>"$E2E_WORK/unanswered"
            done
        done
        sleep 0.05
    done
    echo "$count" >"$E2E_WORK/shaken"
}
shake &
shake=$!
"$kit/storm" "$NS" --until "$E2E_WORK/stop" --rate 10 --insist >"$E2E_WORK/flow.json" &
storm=$!

a_leader() { leads one || leads two; }
eventually 30 a_leader
if leads one; then leader=one other=two; else leader=two other=one; fi
kubectl annotate secret podmint-serving -n podmint-system podmint.dev/rotate="by case 24" >/dev/null
made() { [ -n "$(entry next.crt)" ]; }
eventually 20 made
replica kill "$leader"
entry next.crt >"$E2E_WORK/next.crt"
[ "$(entry ca.crt)" = "$(cat "$old")" ] || fail "the leader was not killed in the middle: the new CA signs already"
turned() { [ "$(entry ca.crt)" = "$(cat "$E2E_WORK/next.crt")" ]; }
eventually 120 turned
leads "$other" || fail "the CA turned, and the other server does not lead"
grep -q 'the new serving CA signs from now on' "$E2E_STATE/$other.log" || fail "the log of the next leader does not say that it went on"
lacks "$(cat "$E2E_STATE/$other.log")" 'made a new serving CA'
cp "$E2E_WORK/next.crt" "$new"
ready_replica "$leader"
sleep 2
touch "$E2E_WORK/stop"
wait "$shake" "$storm"
[ ! -e "$E2E_WORK/untrusted" ] || fail "not trusted: $(sort "$E2E_WORK/untrusted" | uniq -c)"
for name in one two; do
    issuer=$(openssl s_client -connect "$outside:${webhook_port[$name]}" </dev/null 2>/dev/null | openssl x509 -noout -issuer)
    [ "$issuer" = "$(openssl x509 -in "$new" -noout -subject | sed 's/^subject/issuer/')" ] || fail "$name shows a certificate of $issuer"
done
result=$(cat "$E2E_WORK/flow.json")
[ "$(came_of "$result" created)" -ge 50 ] || fail "no pods were created meanwhile: $result"
[ "$(came_of "$result" created)" = "$(came_of "$result" certificates)" ] ||
    fail "not every pod got its certificate: $result"
lost=0
[ ! -e "$E2E_WORK/unanswered" ] || lost=$(wc -l <"$E2E_WORK/unanswered")
note "the leader killed with the new CA made and not signing: the next one took it over as it was, and it signs"
shaken=$(cat "$E2E_WORK/shaken")
if [ "$shaken" -lt 50 ] || [ "$lost" -ge $((shaken / 2)) ]; then fail "of $shaken handshakes $lost had no answer"; fi
note "$shaken handshakes, none without trust, $lost with the server that was killed; $result"
"$kit/check-audit" "$E2E_STATE"/*.audit >/dev/null || fail "$("$kit/check-audit" "$E2E_STATE"/*.audit)"
