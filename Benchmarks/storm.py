#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""2,000 agents at once: each pod of a cluster asks for its certificate in the same second, as after a power failure.

usage: storm.py PODMINT-PID AGENT-HOST:PORT WORK-FOLDER [AGENTS]

One namespace has half of all pods, nineteen share the rest, so that fairness shows: what the small ones wait must not grow with
the large one. Each agent is a connection of its own with its own key and token, and tries again where podmint says when to.
"""
import asyncio
import json
import os
import ssl
import statistics
import subprocess
import sys
import time

from cluster import Cluster

PROGRESS = 0.2  # seconds between two looks at podmint's memory


def prepare(cluster, work, agents):
    """(namespace, token, CSR) of each agent."""
    spaces = [f"storm-{n}" for n in range(20)]
    cluster.each(cluster.namespace, spaces)
    places = [spaces[0] if n % 2 else spaces[1 + n // 2 % 19] for n in range(agents)]

    def one(n):
        pod = cluster.pod(places[n], f"pod-{n}", {"podmint.dev/inject": "true"})
        path = f"/api/v1/namespaces/{places[n]}/pods/pod-{n}/status"
        address = f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"
        status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
        cluster.request("PATCH", path, status, "application/merge-patch+json")
        bound = {"apiVersion": "v1", "kind": "Pod", "name": f"pod-{n}", "uid": pod["metadata"]["uid"]}
        token = cluster.request("POST", f"/api/v1/namespaces/{places[n]}/serviceaccounts/default/token", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"audiences": ["podmint.dev"], "expirationSeconds": 3600, "boundObjectRef": bound}})["status"]["token"]
        request = subprocess.check_output(
            ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
             os.path.join(work, "storm.key"), "-subj", "/", "-outform", "DER"], stderr=subprocess.DEVNULL)
        return places[n], token, request

    return cluster.each(one, range(agents))


def own_address(n):
    """Pods have addresses of their own, and one address alone may not take all connections."""
    return f"127.{16 + (n >> 16)}.{n >> 8 & 255}.{n & 255 or 1}", 0


async def ask(host, port, context, number, agent, start, results):
    namespace, token, request = agent
    refusals = 0
    while True:
        reader, writer = await asyncio.open_connection(host, port, ssl=context, local_addr=own_address(number))
        writer.write((f"POST /v1/certificates HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nPrefer: wait=25\r\n"
                      f"Content-Type: application/pkcs10\r\nContent-Length: {len(request)}\r\nConnection: close\r\n\r\n").encode() + request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = await reader.read()
        writer.close()
        status = int(head.split()[1])
        if status == 200:
            results.append((namespace, time.monotonic() - start, refusals))
            return
        retry = [line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("retry-after:")]
        assert status == 503 and retry, (status, body[:200])
        refusals += 1
        await asyncio.sleep(int(retry[0]))


async def storm(host, port, agents, process):
    context = ssl._create_unverified_context()
    results, peak, start = [], [0.0], time.monotonic()

    async def watch():
        while True:
            with open(f"/proc/{process}/status") as file:
                peak[0] = max(peak[0], next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS")))
            await asyncio.sleep(PROGRESS)

    watcher = asyncio.create_task(watch())
    await asyncio.gather(*(ask(host, port, context, *each, start, results) for each in enumerate(agents)))
    watcher.cancel()
    return results, peak[0], time.monotonic() - start


def main():
    process, address, work = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    agents = prepare(Cluster(), work, count)
    with open(f"/proc/{process}/status") as file:
        before = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))
    clock = (~process << 3) | 2
    spent = time.clock_gettime_ns(clock)
    results, peak, seconds = asyncio.run(storm(*address.rsplit(":", 1), agents, process))
    spent = (time.clock_gettime_ns(clock) - spent) / 1e9
    large = [wait for space, wait, _ in results if space == "storm-0"]
    small = [wait for space, wait, _ in results if space != "storm-0"]
    print(f"storm: {len(results)} of {count} agents have a certificate after {seconds:.1f} s, {spent:.2f} s of podmint's CPU; "
          f"told to come back {sum(tries for _, _, tries in results)} times")
    print(f"storm: half-way in the large namespace {statistics.median(large):.1f} s, in the nineteen small ones "
          f"{statistics.median(small):.1f} s; RSS {before:.1f} MiB before, at most {peak:.1f} in it")
    json.dump({"agents": count, "seconds": seconds, "cpu": spent, "peak": peak, "large": statistics.median(large),
               "small": statistics.median(small)}, open(os.path.join(work, "storm.json"), "w"))
    assert len(results) == count


main()
