#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The agent's volume is full, or read-only: the certificate that works stays whole, no second one is signed, and the log says why.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

volume=$E2E_WORK/pod/podmint-default
mkdir -p "$volume"
# What the unit tests of the agent's Publisher show step by step needs a real file system here, which only root may make.
if ! mount -t tmpfs -o size=64k,mode=1777 podmint-e2e "$volume" 2>/dev/null; then
    not_tried "no right to mount a file system"
fi
trap 'leave; umount -l "$volume"' EXIT

pod_manifest disk podmint.dev/duration=5m podmint.dev/renew-before=4m35s | kubectl create -n "$NS" -f - >/dev/null
give_address disk 10.20.32.1
"$kit/run-agent" "$NS" disk "$E2E_WORK/pod" "$E2E_AGENT" run 2>"$E2E_WORK/agent.log" &
serial() { openssl x509 -in "$volume/tls.crt" -noout -serial; }
differs() { [ "$(serial)" != "$1" ]; }
signed() { grep -c "\"namespace\":\"$NS\"" "$E2E_STATE/podmint.audit"; }
whole() {
    openssl verify -CAfile "$volume/ca.crt" "$volume/tls.crt" >/dev/null &&
        [ "$(openssl pkey -in "$volume/tls.key" -pubout)" = "$(openssl x509 -in "$volume/tls.crt" -noout -pubkey)" ]
}
eventually 30 test -s "$volume/tls.crt"

# unharmed WORDS: the agent says what is wrong with the volume, and what works is as it was.
unharmed() {
    eventually 30 grep -qF "$1" "$E2E_WORK/agent.log"
    [ "$(serial)" = "$before" ] || fail "the certificate changed on a volume with: $1"
    whole || fail "what works is not whole any more"
}

before=$(serial)
# More than the rest of the volume, in one file.
dd if=/dev/zero of="$volume/filler" bs=4k count=64 2>/dev/null || true
unharmed 'No space left on device'
note "full: the old set stays whole, and the agent says why"
mount -o remount,ro "$volume"
unharmed 'Read-only file system'
note "read-only: the same"
mount -o remount,rw "$volume"
rm "$volume/filler"
eventually 30 differs "$before"
whole || fail "the renewed set is not whole"
[ "$(signed)" = 2 ] || fail "$(signed) certificates were signed where two were needed"
note "with room again, the one certificate that waited is published: nothing was signed for each try"

contains "$(cat "$E2E_WORK/agent.log")" 'is the volume full, read-only or owned by another user?'
lacks "$(cat "$E2E_WORK/agent.log")" 'PRIVATE KEY'
