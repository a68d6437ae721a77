#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The measuring half of hack/bench: makes the reviews, drives the servers with h2load, reads their CPU time from the kernel.

Servers are visited in turn within each round, so that a machine that slows down slows all of them down; what is reported is
the median of the rounds, and ratios of such medians.
"""
import argparse
import base64
import json
import os
import shutil
import signal
import ssl
import statistics
import subprocess
import time
import urllib.parse
import urllib.request

from cluster import Cluster

SAMPLE = "Tests/AdmissionTests/Samples/pod-create-by-replicaset.json"
FIGURES = {"reviews": []}  # what --results writes, for Benchmarks/plot.py
CASES = [  # name, h2load's arguments, requests a round
    ("HTTP/1.1, 1 connection", ["--h1", "-c1"], 4000),
    ("HTTP/1.1, 8 connections", ["--h1", "-c8"], 12000),
    ("HTTP/1.1, 64 connections", ["--h1", "-c64"], 12000),
    ("HTTP/2, 8 connections of 10 streams", ["-c8", "-m10"], 20000),
]


def review(size):
    """A real review of about 3 kB, annotated; or the same pod with four containers and their fields, about 15 kB."""
    body = json.load(open(SAMPLE))
    request = body["request"]
    request["namespace"] = request["object"]["metadata"]["namespace"] = "bench"
    request["object"]["metadata"].setdefault("annotations", {})["podmint.dev/inject"] = "true"
    if size == "15k":
        first = request["object"]["spec"]["containers"][0]
        variables = [{"name": f"SETTING_{n}", "value": "x" * 40} for n in range(36)]
        request["object"]["spec"]["containers"] = [dict(first, name=f"app-{n}", env=variables) for n in range(4)]
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def prepare(work, podmint):
    for size in ("3k", "15k"):
        with open(f"{work}/{size}.json", "wb") as file:
            file.write(review(size))
    context = ssl._create_unverified_context()
    request = urllib.request.Request(f"{podmint}/mutate/pods", data=review("3k"), headers={"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, context=context))
    with open(f"{work}/patch.json", "wb") as file:
        file.write(base64.b64decode(answer["response"]["patch"]))
    print(f"reviews of {len(review('3k'))} and {len(review('15k'))} bytes; a patch of {os.path.getsize(f'{work}/patch.json')}")


def cpu_nanoseconds(process):
    """The process's CPU clock (clock_getcpuclockid(3)), threads that have ended included."""
    return time.clock_gettime_ns((~process << 3) | 2)


def drive(process, url, body, arguments, count):
    """CPU microseconds of the server for each request, and requests a second."""
    before = cpu_nanoseconds(process)
    output = subprocess.run(
        ["h2load", "-t1", *arguments, "-n", str(count), "-d", body, "-H", "content-type: application/json", url],
        check=True, capture_output=True, text=True).stdout
    assert f"{count} {'failed' if url.endswith('/none') else 'succeeded'}" in output, output
    rate = next(float(word) for line in output.splitlines() if line.startswith("finished")
                for word in [line.split(",")[1].split()[0]])
    return (cpu_nanoseconds(process) - before) / count / 1000, rate


def memory(process, field="VmRSS"):
    """In MiB."""
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(f"{field}:"))


def at_rest(process):
    """Memory, and CPU time while nobody asks for anything."""
    before = cpu_nanoseconds(process)
    time.sleep(10)
    spent = (cpu_nanoseconds(process) - before) / 1e6
    megabytes = {field: memory(process, field) for field in ("VmRSS", "RssAnon")}
    FIGURES["rest"] = {"rss": megabytes["VmRSS"], "anonymous": megabytes["RssAnon"], "cpu": spent}
    print(f"at rest: RSS {megabytes['VmRSS']:.1f} MiB, of it anonymous {megabytes['RssAnon']:.1f} MiB; "
          f"{spent:.1f} ms of CPU in 10 s\n")


def handshakes(servers, rounds):
    """CPU of a connection that is opened by a full TLS 1.3 handshake and closed again."""
    figures = {server: [] for server in servers}
    for _ in range(rounds):
        for server, (process, url) in servers.items():
            before = cpu_nanoseconds(process)
            output = subprocess.run(
                ["openssl", "s_time", "-connect", urllib.parse.urlsplit(url).netloc, "-new", "-time", "2"],
                capture_output=True, text=True).stdout
            count = next(int(line.split()[0]) for line in output.splitlines() if "real seconds" in line)
            figures[server].append((cpu_nanoseconds(process) - before) / count / 1000)
    ours, plain = (statistics.median(figures[s]) for s in ("podmint", "reference"))
    FIGURES["handshake"] = {"podmint": ours, "reference": plain}
    print(f"{'a new connection':44}{ours:8.1f}µ{'':10}{plain:8.1f}µ{ours / plain:12.2f}")


def system_calls(process, url, body, count=2000):
    """System calls for each request of one keep-alive connection, its handshake among them."""
    if not shutil.which("strace"):
        print("\nsystem calls a request: not counted, strace is missing (hack/deps --bench installs it)")
        return
    table = f"{body}.strace"
    trace = subprocess.Popen(["strace", "-c", "-f", "-q", "-o", table, "-p", str(process)], stderr=subprocess.DEVNULL)
    time.sleep(1)
    drive(process, url, body, ["--h1", "-c1"], count)
    trace.send_signal(signal.SIGINT)
    trace.wait()
    if not os.path.exists(table):
        print("\nsystem calls a request: not counted, strace may not attach to a process here")
        return
    rows = [line.split() for line in open(table)]
    calls = {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}
    often = sorted((call for call in calls if calls[call] > count / 100), key=calls.get, reverse=True)
    print("\nsystem calls a request: " + ", ".join(f"{call} {calls[call] / count:.2f}" for call in often))


def run(work, servers, rounds):
    print(f"{'':44}{'podmint':>9}{'fixed':>9}{'plain C':>9}   podmint/C  podmint/fixed")
    for size in ("3k", "15k"):
        for name, arguments, count in CASES:
            figures = {server: [] for server in servers}
            for _ in range(rounds):
                for server, (process, url) in servers.items():
                    figures[server].append(drive(process, url, f"{work}/{size}.json", arguments, count)[0])
            ours, fixed, plain = (statistics.median(figures[s]) for s in ("podmint", "fixed", "reference"))
            FIGURES["reviews"].append({"name": f"{size} {name}", "podmint": ours, "fixed": fixed, "reference": plain})
            print(f"{size + ' ' + name:44}{ours:8.1f}µ{fixed:8.1f}µ{plain:8.1f}µ{ours / plain:12.2f}{ours / fixed:15.2f}", flush=True)


class Crowd:
    """What a review costs, and what podmint keeps in memory, in a cluster of 10 pods and in one of 10,000."""

    def __init__(self, work, process, url):
        self.work, self.process, self.url = work, process, url
        self.cluster = Cluster()

    def measure(self, rounds):
        few, many = [], []
        self.cluster.fill(pods=10, services=10, prefix="few")
        for _ in range(rounds):
            few.append(self.cost())
        small = memory(self.process)
        self.cluster.fill(pods=10_000, services=1_000, prefix="many")
        time.sleep(5)  # until its watches have told podmint of all
        for _ in range(rounds):
            many.append(self.cost())
        large = memory(self.process)
        ours, crowded = statistics.median(few), statistics.median(many)
        print(f"3k HTTP/1.1, 8 connections: with 10 pods {ours:.1f}µ, with 10,000 pods and 1,000 Services {crowded:.1f}µ "
              f"({crowded / ours:.2f}); RSS {small:.1f} and {large:.1f} MiB")

    def cost(self):
        return drive(self.process, self.url, f"{self.work}/3k.json", ["--h1", "-c8"], 12_000)[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["prepare", "run", "crowd"])
    parser.add_argument("work")
    parser.add_argument("url", nargs="?")
    parser.add_argument("--podmint", nargs=2)
    parser.add_argument("--reference", nargs=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", help="write the figures here, as JSON")
    options = parser.parse_args()
    if options.action == "prepare":
        prepare(options.work, options.url)
        return
    podmint, url = int(options.podmint[0]), options.podmint[1]
    if options.action == "crowd":
        Crowd(options.work, podmint, f"{url}/mutate/pods").measure(options.rounds)
        return
    servers = {
        "podmint": (podmint, f"{url}/mutate/pods"),
        "fixed": (podmint, f"{url}/none"),  # the body is read, the answer is 404 and always the same
        "reference": (int(options.reference[0]), f"{options.reference[1]}/mutate/pods"),
    }
    at_rest(podmint)
    run(options.work, servers, options.rounds)
    handshakes({server: servers[server] for server in ("podmint", "reference")}, options.rounds)
    system_calls(*servers["podmint"], f"{options.work}/3k.json")
    if options.results:
        with open(options.results, "w") as file:
            json.dump(FIGURES, file, indent=2)


main()
