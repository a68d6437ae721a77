#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the agent's start to the app's certificate, and what a resident agent weighs.

usage: agent.py AGENT WORK-FOLDER

The pod is injected by the webhook and its volumes are laid out by Tests/EndToEnd/run-agent, which then becomes the agent; time
counts from the moment that the process is the agent's program until all of its files are there.
"""
import json
import os
import statistics
import subprocess
import sys
import time

from cluster import Cluster

ROUNDS = 9


def memory(process):
    with open(f"/proc/{process}/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return [int(lines[key].split()[0]) / 1024 for key in ("VmRSS", "RssAnon")]


def start(agent, work, name):
    """(seconds, RSS, anonymous RSS) of one agent in a pod of its own."""
    folder = os.path.join(work, name)
    process = subprocess.Popen(["Tests/EndToEnd/run-agent", "agents", name, folder, agent, "run"], stderr=subprocess.DEVNULL)
    program, begin = os.path.realpath(agent), None
    while not os.path.exists(os.path.join(folder, "podmint-default", "tls.pem")):
        if begin is None and os.path.realpath(f"/proc/{process.pid}/exe") == program:
            begin = time.monotonic()
        assert process.poll() is None, "the agent has ended"
        time.sleep(0.0005)
    seconds = time.monotonic() - begin
    time.sleep(1)
    weight = memory(process.pid)
    process.terminate()
    process.wait()
    return seconds, *weight


def main():
    agent, work = sys.argv[1:]
    cluster = Cluster()
    cluster.namespace("agents")
    figures = []
    for number in range(ROUNDS):
        name = f"agent-{number}"
        cluster.pod("agents", name, {"podmint.dev/inject": "true"})
        status = {"status": {"phase": "Running", "podIP": f"10.9.0.{number}", "podIPs": [{"ip": f"10.9.0.{number}"}]}}
        cluster.request("PATCH", f"/api/v1/namespaces/agents/pods/{name}/status", status, "application/merge-patch+json")
        figures.append(start(agent, work, name))
    seconds, resident, anonymous = (statistics.median(column) for column in zip(*figures))
    print(f"agent: {seconds * 1000:.0f} ms from its start to a certificate; RSS {resident:.1f} MiB, of it anonymous {anonymous:.2f}")
    json.dump({"seconds": seconds, "rss": resident, "anonymous": anonymous}, open(os.path.join(work, "agent.json"), "w"))


main()
