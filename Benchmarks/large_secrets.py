#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the largest Secrets cost: CPU time of `podmint serve` for one review, over TLS, median of several.

usage: large_secrets.py PROCESS URL FOLDER

Etcd holds no object above 1.5 MiB and the API server no Secret above 1 MiB. Some are large, some are made to be slow.
"""
import base64
import json
import os
import random
import ssl
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

MEGABYTE = 1 << 20
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
EC = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]


class Maker:
    """Certificates by the openssl program, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        os.makedirs(folder, exist_ok=True)

    def run(self, *arguments):
        return subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def key(self, name, options):
        self.run("genpkey", *options, "-out", f"{name}.key")
        return open(f"{self.folder}/{name}.key").read()

    def certificate(self, key, subject, extensions, issuer=None, issuer_key=None):
        """Under a certificate, or for itself."""
        self.count += 1
        with open(f"{self.folder}/extensions", "w") as file:
            file.write(extensions)
        self.run("req", "-new", "-key", f"{key}.key", "-subj", subject, "-out", "request", "-config", "/dev/null")
        by = ["-signkey", f"{key}.key"] if issuer is None else ["-CA", issuer, "-CAkey", f"{issuer_key}.key"]
        return self.run("x509", "-req", "-in", "request", *by, "-set_serial", str(self.count), "-days", "300", "-sha256",
                        "-extfile", "extensions")

    def store(self, name, text):
        with open(f"{self.folder}/{name}", "w") as file:
            file.write(text)
        return name


def names(count, domain):
    return "subjectAltName=" + ",".join(f"DNS:name-{n}.{domain}" for n in range(count)) + "\n"


def filled(entries):
    """With an entry beside them that brings the Secret to its limit."""
    room = MEGABYTE - sum(len(text) for text in entries.values())
    return dict(entries, filler="x" * max(0, room))


def honest(maker):
    """As much as is read of each entry: ten certificates of 4096 bits, 150 roots, a leaf of 900 names."""
    for name in ("root", "leaf"):
        maker.key(name, ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"])
    root = maker.certificate("root", "/CN=root", CA)
    issuer, above = maker.store("root.crt", root), []
    for n in range(8):
        # Some 4 kB of comment in each.
        text = maker.certificate("root", f"/CN=ca{n}", CA + "nsComment=" + "c" * 4000 + "\n", issuer, "root")
        above.insert(0, text)
        issuer = maker.store(f"ca{n}.crt", text)
    leaf = maker.certificate("leaf", "/CN=leaf", names(900, "shop.example.com"), issuer, "root")
    others = [maker.certificate("root", f"/CN=other {n}", CA + "nsComment=" + "c" * 300 + "\n") for n in range(149)]
    return {"tls.crt": leaf + "".join(above), "tls.key": open(f"{maker.folder}/leaf.key").read(), "ca.crt": "".join(others) + root}


# Without them whoever looks for an issuer must guess.
NO_IDENTIFIERS = "subjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n"


def ring(maker, key, identifiers=NO_IDENTIFIERS):
    """Nine issuers that by name could each have signed the one before, the right one always last."""
    maker.key("leaf", EC)
    # Neighbours have other names, so that they may share a key.
    for n in range(0, 10, 2):
        maker.key(f"r{n}", key)
    subject = lambda n: f"/CN={'even' if n % 2 == 0 else 'odd'}"
    root = maker.certificate("r8", "/CN=root", CA)
    issuer, issuer_key, chain = maker.store("ring.crt", root), "r8", []
    # The highest first, so that whoever looks for an issuer from the front meets the wrong ones.
    for n in reversed(range(9)):
        text = maker.certificate(f"r{n // 2 * 2}", subject(n), CA + identifiers, issuer, issuer_key)
        chain.append(text)
        issuer, issuer_key = maker.store("ring.crt", text), f"r{n // 2 * 2}"
    leaf = maker.certificate("leaf", "/CN=leaf", names(3, "example.com") + identifiers, issuer, issuer_key)
    return {"tls.crt": leaf + "".join(chain), "tls.key": open(f"{maker.folder}/leaf.key").read(), "ca.crt": root}


def namesakes(maker, key):
    """A leaf whose issuer could be any of 150 roots, and is none."""
    maker.key("leaf", EC)
    maker.key("root", key)
    issuer = maker.store("root.crt", maker.certificate("root", "/CN=root", CA + NO_IDENTIFIERS))
    maker.key("other", key)
    leaf = maker.certificate("leaf", "/CN=leaf", names(3, "example.com") + NO_IDENTIFIERS, issuer, "root")
    roots = [maker.certificate("other", "/CN=root", CA + NO_IDENTIFIERS) for _ in range(150)]
    return {"tls.crt": leaf, "tls.key": open(f"{maker.folder}/leaf.key").read(), "ca.crt": "".join(roots)}


def constrained(maker):
    """Nine hundred names under an issuer that excludes as many."""
    for name in ("root", "leaf"):
        maker.key(name, EC)
    rules = ",".join(f"excluded;DNS:no-{n}.shop.example.com" for n in range(900))
    root = maker.certificate("root", "/CN=root", CA + f"nameConstraints={rules}\n")
    leaf = maker.certificate("leaf", "/CN=leaf", names(900, "shop.example.com"), maker.store("root.crt", root), "root")
    return {"tls.crt": leaf, "tls.key": open(f"{maker.folder}/leaf.key").read(), "ca.crt": root}


def cases(folder):
    small = Maker(f"{folder}/small")
    small.key("leaf", EC)
    leaf = small.certificate("leaf", "/CN=leaf", names(3, "example.com"))
    key = open(f"{folder}/small/leaf.key").read()
    exponent = str(random.Random(4).getrandbits(3070) | 1 << 3070 | 1)
    yield "an everyday one", {"tls.crt": leaf, "tls.key": key, "ca.crt": leaf}
    yield "1 MiB, read as far as anything is read", filled(honest(Maker(f"{folder}/honest")))
    yield "1 MiB of dashes", {"tls.crt": "-" * MEGABYTE, "tls.key": key}
    yield "1 MiB of BEGIN lines", {"tls.crt": "-----BEGIN CERTIFICATE-----\n" * (MEGABYTE // 28), "tls.key": key}
    yield "1 MiB of certificates", {"tls.crt": leaf * (MEGABYTE // len(leaf)), "tls.key": key}
    yield "900 names under 900 exclusions", constrained(Maker(f"{folder}/constrained"))
    brainpool = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1"]
    yield "150 roots of one name, brainpoolP512r1", namesakes(Maker(f"{folder}/namesakes"), brainpool)
    yield "a chain of ten, curve brainpoolP512r1", ring(Maker(f"{folder}/chain"), brainpool, identifiers="")
    for title, options in {
        "P-256": EC,
        "RSA with an exponent of 3071 bits": [
            "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-pkeyopt", f"rsa_keygen_pubexp:{exponent}"],
        "curve brainpoolP512r1": brainpool,
        "curve sect571r1": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:sect571r1"],
    }.items():
        yield f"a ring of issuers, {title}", ring(Maker(f"{folder}/{title.replace(' ', '-')}"), options)


def review(entries):
    data = {name: base64.b64encode(text.encode()).decode() for name, text in entries.items()}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
              "metadata": {"name": "large", "namespace": "bench"}, "data": data}
    resource = {"group": "", "version": "v1", "resource": "secrets"}
    request = {"uid": "1", "operation": "CREATE", "namespace": "bench", "name": "large", "resource": resource,
               "kind": {"group": "", "version": "v1", "kind": "Secret"}, "object": secret}
    return json.dumps({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}).encode()


def cost(process, url, body, context):
    """CPU milliseconds of the process's own clock (clock_getcpuclockid(3)), and what it answered."""
    clock = (~process << 3) | 2
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    before = time.clock_gettime_ns(clock)
    try:
        answer = urllib.request.urlopen(request, context=context).read()
    except urllib.error.HTTPError as error:
        answer = error.read()
    return (time.clock_gettime_ns(clock) - before) / 1e6, answer


def said(answer):
    response = json.loads(answer)["response"]
    if response["allowed"]:
        return "allowed"
    causes = response["status"].get("details", {}).get("causes", [])
    return ", ".join(sorted({cause["reason"] for cause in causes})) or response["status"]["message"][:60]


def main():
    process, url, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3] + "/secrets"
    context = ssl._create_unverified_context()
    for title, entries in cases(folder):
        body = review(entries)
        figures = [cost(process, f"{url}/validate/secrets", body, context) for _ in range(9)]
        # The same body, read and answered by 404.
        fixed = statistics.median(cost(process, f"{url}/none", body, context)[0] for _ in range(9))
        taken = statistics.median(figure for figure, _ in figures)
        print(f"{title:48}{len(body) / 1e6:6.2f} MB{taken:9.2f} ms, of it {fixed:5.2f} to take it in; {said(figures[0][1])}", flush=True)


main()
