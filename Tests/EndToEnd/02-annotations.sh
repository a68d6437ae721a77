#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a pod author gets wrong is refused when it is applied, with every fault and the nearest name.
source "$(dirname "$0")/kit.sh"
opted_in "$NS"

answer=$(pod_manifest typo podmint.dev/durration=1h podmint.dev/mode=999 | refused kubectl create -n "$NS" -f -)
contains "$answer" 'podmint.dev/durration'
contains "$answer" 'podmint.dev/duration'
contains "$answer" 'podmint.dev/mode'
note "a misspelt annotation is refused with the nearest name, beside the other fault"

answer=$(pod_manifest later podmint.dev/reload=restart | refused kubectl create -n "$NS" -f -)
contains "$answer" 'not in this version'
note "what this version does not do is refused, not ignored"

answer=$(pod_manifest long podmint.dev/duration=3000h | refused kubectl create -n "$NS" -f -)
contains "$answer" '3000h'
contains "$answer" '2184h'
note "a life beyond the limit is refused with the limit"

pod_manifest opted-out | sed 's/inject: "true"/inject: "false"/' | kubectl create -n "$NS" -f - >/dev/null
lacks "$(kubectl get pod opted-out -n "$NS" -o json)" podmint-agent
note 'inject: "false" opts out'
