# SPDX-License-Identifier: Apache-2.0
"""Good and bad certificate Secrets, made by PyPI's cryptography (and the openssl program where that refuses), with the codes that
podmint must find in each: `material.py` prints one JSON object a line. Keys are made anew at each run.

A case is {name, type, data: {entry: text}, names: [wanted], usage: server|client|null, codes: [code], now: seconds}."""
import base64, datetime, ipaddress, json, os, subprocess, sys, tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def key(kind="p256"):
    makers = {
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()), "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p224": lambda: ec.generate_private_key(ec.SECP224R1()), "ed25519": ed25519.Ed25519PrivateKey.generate,
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024), "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
        "rsa2047": lambda: rsa.generate_private_key(65537, 2047), "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
        "dsa": lambda: dsa.generate_private_key(2048),
    }
    return makers[kind]()


def key_text(k, form=serialization.PrivateFormat.PKCS8, password=None):
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return k.private_bytes(PEM, form, protection).decode()


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])


def san(*texts):
    names = []
    for text in texts:
        kind, value = text.split(":", 1)
        names.append({
            "dns": lambda: x509.DNSName(value), "ip": lambda: x509.IPAddress(ipaddress.ip_address(value)),
            "uri": lambda: x509.UniformResourceIdentifier(value),
        }[kind]())
    return x509.SubjectAlternativeName(names)


def usage(*words):
    all_words = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{word: word in words for word in all_words})


class Party:
    """A certificate and its key; parties issue parties."""

    def __init__(self, common, issuer=None, k=None, *, ca=False, path=None, start=-30 * DAY, end=700 * DAY, names=None,
                 ekus=None, eku_critical=False, bits=None, constraints=None, serial=None, algorithm=None, basic=True,
                 signing_key=None, issuer_name=None, aki=True):
        self.key = k or key()
        self.name = name(common)
        signer = signing_key or (issuer.key if issuer else self.key)
        issued_by = issuer_name or (issuer.name if issuer else self.name)
        builder = (x509.CertificateBuilder().subject_name(self.name).issuer_name(issued_by)
                   .public_key(self.key.public_key()).serial_number(serial or x509.random_serial_number())
                   .not_valid_before(NOW + start).not_valid_after(NOW + end))
        if basic:
            builder = builder.add_extension(x509.BasicConstraints(ca, path), critical=ca)
        bits = bits if bits is not None else (["key_cert_sign", "crl_sign"] if ca else ["digital_signature"])
        if bits:
            builder = builder.add_extension(usage(*bits), critical=True)
        ekus = ekus if ekus is not None else ([] if ca else [EKU.SERVER_AUTH, EKU.CLIENT_AUTH])
        if ekus:
            builder = builder.add_extension(x509.ExtendedKeyUsage(ekus), critical=eku_critical)
        if names:
            builder = builder.add_extension(san(*names), critical=not common)
        if constraints:
            builder = builder.add_extension(constraints, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
        if aki and issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
        if algorithm is None:
            algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        self.certificate = builder.sign(signer, algorithm)

    @property
    def pem(self):
        return self.certificate.public_bytes(PEM).decode()

    def signed_with_sha1(self, issuer=None):
        """Which cryptography refuses to do."""
        request = x509.CertificateSigningRequestBuilder().subject_name(self.name).sign(self.key, hashes.SHA256())
        extensions = ("basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
                      "subjectAltName=DNS:web.shop.svc\n" if issuer else "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
        signer = ["-CA", "ca", "-CAkey", "key"] if issuer else ["-signkey", "key"]
        text = openssl("x509", "-req", "-in", "csr", *signer, "-set_serial", "77777777777777777", "-sha1", "-days", "300",
                       "-extfile", "ext", "-out", "out",
                       files={"csr": request.public_bytes(PEM).decode(), "ext": extensions,
                              "ca": (issuer or self).pem, "key": (issuer or self).key_pem})
        self.certificate = x509.load_pem_x509_certificate(text.encode())
        return self

    @property
    def key_pem(self):
        return key_text(self.key)


def openssl(*arguments, files=None):
    """Runs openssl in a folder that holds `files`, and gives back what it wrote to `out`."""
    with tempfile.TemporaryDirectory() as folder:
        for file, text in (files or {}).items():
            open(os.path.join(folder, file), "w").write(text)
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
        return open(os.path.join(folder, "out")).read()


cases = []


def case(title, codes, data, *, kind="kubernetes.io/tls", names=(), use=None, at=None):
    cases.append({
        "name": title, "type": kind, "data": {k: base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode()
                                              for k, v in data.items()},
        "names": list(names), "usage": use, "codes": sorted(codes), "now": int((at or NOW).timestamp()),
    })


def tls(party, *issuers, ca=None, key_text=None):
    data = {"tls.crt": party.pem + "".join(i.pem for i in issuers), "tls.key": key_text or party.key_pem}
    return data | ({"ca.crt": ca.pem if isinstance(ca, Party) else ca} if ca else {})


root = Party("Root", ca=True, end=3600 * DAY)
middle = Party("Issuing", root, ca=True, path=0, end=1800 * DAY)
NAMES = ["dns:web.shop.svc"]


def leaf(issuer=middle, **more):
    return Party(more.pop("common", "web"), issuer, names=more.pop("names", NAMES), **more)


web = leaf()

# Near misses: all of these must pass.
case("a leaf, its issuer and the root", [], tls(web, middle, ca=root))
case("without ca.crt there is no trust to check", [], tls(web))
case("a leaf straight under the root", [], tls(leaf(root), ca=root))
case("windows line ends and text around", [],
     tls(web, middle, ca=root) | {"tls.crt": ("Bag Attributes\n" + web.pem + "\nfriendly\n" + middle.pem).replace("\n", "\r\n")})
case("no newline at the end", [], {k: v.rstrip("\n") for k, v in tls(web, middle, ca=root).items()})
case("RSA with exactly 2048 bits", [], tls(leaf(k=key("rsa2048"), bits=["digital_signature", "key_encipherment"]), middle, ca=root))
case("a PKCS#1 key", [], (lambda p: tls(p, middle, ca=root, key_text=key_text(p.key, serialization.PrivateFormat.TraditionalOpenSSL)))(leaf(k=key("rsa3072"))))
case("a SEC1 key with its parameters before it", [],
     tls(web, middle, ca=root, key_text="-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
         + key_text(web.key, serialization.PrivateFormat.TraditionalOpenSSL)))
case("P-384", [], tls(leaf(k=key("p384")), middle, ca=root))
case("Ed25519", [], tls(leaf(k=key("ed25519")), middle, ca=root))
case("31 days left", [], tls(leaf(end=31 * DAY), middle, ca=root))
case("a life of three days with two left", [], tls(leaf(start=-1 * DAY, end=2 * DAY), middle, ca=root))
case("begins half a minute from now", [], tls(leaf(start=datetime.timedelta(seconds=30)), middle, ca=root))
case("no subject at all", [], tls(leaf(common=None), middle, ca=root), names=["web.shop.svc"])
case("a wildcard for one label", [], tls(leaf(names=["dns:*.shop.svc"]), middle, ca=root), names=["web.shop.svc"])
case("capital letters", [], tls(leaf(names=["dns:WEB.Shop.svc"]), middle, ca=root), names=["web.shop.svc"])
case("an address as an address", [], tls(leaf(names=["ip:10.0.0.7", "ip:fd00::7"]), middle, ca=root), names=["10.0.0.7", "fd00:0:0::7"])
case("a URI", [], tls(leaf(names=["uri:spiffe://cluster.local/ns/a/sa/b"]), middle, ca=root), names=["spiffe://cluster.local/ns/a/sa/b"])
case("good for servers", [], tls(leaf(ekus=[EKU.SERVER_AUTH]), middle, ca=root), use="server", names=["web.shop.svc"])
case("good for clients, without names", [], tls(leaf(ekus=[EKU.CLIENT_AUTH], names=None), middle, ca=root), use="client")
high = Party("High", root, ca=True, path=1, end=1800 * DAY)
deep = Party("Deep", high, ca=True, path=0, end=1800 * DAY)
case("as deep as the path lengths allow", [], tls(leaf(deep), deep, high, ca=root))
permitted = Party("Permits", root, ca=True, end=1800 * DAY, constraints=x509.NameConstraints([x509.DNSName("shop.svc")], None))
case("inside what the issuer permits", [], tls(leaf(permitted), permitted, ca=root))
case("beside what the issuer excludes", [],
     (lambda i: tls(leaf(i), i, ca=root))(Party("Excludes", root, ca=True, end=1800 * DAY, constraints=x509.NameConstraints(None, [x509.DNSName("corp.svc")]))))
case("an old root beside the one in use", [], tls(web, middle, ca=root.pem + Party("Old", ca=True, start=-900 * DAY, end=-1 * DAY).pem))
case("a root's own SHA-1 signature", [], (lambda r: tls(leaf(r), ca=r))(Party("SHA-1 root", ca=True).signed_with_sha1()))
cross = Party("Root", Party("Elder", ca=True, end=3600 * DAY), k=root.key, ca=True, end=1800 * DAY)
case("a cross-signed issuer", [], tls(web, middle, cross, ca=root))
case("an authority to sign with", [], {"ca.crt": root.pem, "ca.key": root.key_pem}, kind="Opaque")
case("a self-signed certificate", [], tls(Party("self", names=NAMES, ekus=[EKU.SERVER_AUTH])))

case("a common name that is one of the names", [], tls(leaf(common="Web.Shop.svc"), middle, ca=root))
case("a common name under a wildcard", [], tls(leaf(common="web.shop.svc", names=["dns:*.shop.svc"]), middle, ca=root))
case("a client's common name", [], tls(leaf(common="jane.doe", names=["uri:spiffe://cluster.local/ns/a/sa/b"], ekus=[EKU.CLIENT_AUTH]), middle, ca=root))
ladder = [root]
for rung in range(9):
    ladder.insert(0, Party(f"Rung {rung}", ladder[0], ca=True, end=1800 * DAY))
case("ten certificates", [], tls(leaf(ladder[0]), *ladder[:-1], ca=root))
case("an authority whose certificate is not the first", [], {"ca.crt": Party("Former", ca=True, end=-1 * DAY).pem + root.pem, "ca.key": root.key_pem}, kind="Opaque")

# Each code alone.
case("broken base64 in a block", ["MalformedPEM"], tls(web) | {"tls.crt": web.pem.replace("MII", "M!I", 1)})
case("a certificate request", ["MalformedPEM"], tls(web) | {"tls.crt": web.pem + "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"})
case("DER instead of PEM", ["MalformedPEM"], tls(web) | {"tls.crt": web.certificate.public_bytes(DER)})
case("the key in tls.crt too", ["MalformedPEM"], tls(web) | {"tls.crt": web.pem + web.key_pem})
case("an empty key", ["MissingKey"], tls(web) | {"tls.key": ""})
case("no key", ["MissingKey"], {"tls.crt": web.pem})
case("no ca.crt beside ca.key", ["MissingKey"], {"ca.key": root.key_pem}, kind="Opaque")
case("a key under a passphrase", ["EncryptedKey"], tls(web, key_text=key_text(web.key, password=b"secret")))
case("an old-style key under a passphrase", ["EncryptedKey"],
     tls(web, key_text=key_text(web.key, serialization.PrivateFormat.TraditionalOpenSSL, b"secret")))
case("somebody else's key", ["KeyMismatch"], tls(web, middle, ca=root, key_text=key_text(key())))
case("a CA with another's key", ["KeyMismatch"], {"ca.crt": root.pem, "ca.key": middle.key_pem}, kind="Opaque")
case("leaf and authority in one", ["AmbiguousSecret"], tls(web, middle, ca=root) | {"ca.key": root.key_pem})
case("a leaf that ended", ["Expired"], tls(leaf(start=-9 * DAY, end=-1 * DAY), middle, ca=root))
case("a second ago", ["Expired"], tls(leaf(end=datetime.timedelta(seconds=-1)), middle, ca=root))
case("an issuer that ended", ["Expired"],
     (lambda i: tls(leaf(i), i, ca=root))(Party("Ended", root, ca=True, start=-99 * DAY, end=-1 * DAY)))
case("the root in use ended", ["Expired"], (lambda r: tls(leaf(r), ca=r))(Party("Ended root", ca=True, start=-99 * DAY, end=-1 * DAY)))
case("a leaf of tomorrow", ["NotYetValid"], tls(leaf(start=1 * DAY), middle, ca=root))
case("a week left", ["ExpiresSoon"], tls(leaf(end=7 * DAY, start=-300 * DAY), middle, ca=root))
case("another name", ["SANMissing"], tls(web, middle, ca=root), names=["api.shop.svc"])
case("two labels below a wildcard", ["SANMissing"], tls(leaf(names=["dns:*.example.com"]), middle, ca=root), names=["web.shop.example.com"])
case("the address only as a DNS name", ["InvalidName", "SANMissing"], tls(leaf(names=["dns:10.0.0.7"]), middle, ca=root), names=["10.0.0.7"])
case("the common name alone", ["CommonNameOnly"], tls(leaf(names=None, common="web.shop.svc"), middle, ca=root), names=["web.shop.svc"])
case("a common name beside the names", ["CommonNameOnly"], tls(leaf(common="www.example.com"), middle, ca=root), names=["web.shop.svc"])
case("an authority that ended, behind another", ["Expired"], (lambda r: {"ca.crt": root.pem + r.pem, "ca.key": r.key_pem})(Party("Ended authority", ca=True, start=-99 * DAY, end=-1 * DAY)), kind="Opaque")
# What stands above the gap leads to ca.crt, so it is the link that is missing.
case("a link left out between the leaf and its issuer's issuer", ["ChainIncomplete"], tls(leaf(deep), high, ca=root))
# Whether an intermediate or the right root is missing cannot be known: both are said.
case("the issuer left out", ["ChainIncomplete", "UntrustedChain"], tls(web, ca=root))
case("a stranger's root", ["ChainIncomplete", "UntrustedChain"], tls(web, middle, ca=Party("Stranger", ca=True, end=900 * DAY)))
impostor = Party("Root", ca=True, end=900 * DAY)
case("a root of the same name and another key", ["UntrustedChain"], tls(leaf(root, aki=False), ca=impostor))
case("issuer before leaf", ["ChainOrder"], tls(web, ca=root) | {"tls.crt": middle.pem + web.pem})
case("an issuer that is no CA", ["NotCA"],
     (lambda i: tls(leaf(i), i, ca=root))(Party("No CA", root, ca=False, end=900 * DAY, bits=["digital_signature", "key_cert_sign"])))
case("a CA that may not sign", ["NotCA"],
     (lambda r: {"ca.crt": r.pem, "ca.key": r.key_pem})(Party("Mute", ca=True, bits=["crl_sign"])), kind="Opaque")
case("one CA too many", ["PathLength"], (lambda i: tls(leaf(i), i, middle, ca=root))(Party("Below", middle, ca=True, end=900 * DAY)))
case("outside what the issuer permits", ["NameConstraints"], tls(leaf(permitted, names=["dns:web.corp.svc"]), permitted, ca=root))
case("a wildcard over what the issuer excludes", ["NameConstraints"],
     (lambda i: tls(leaf(i, names=["dns:*.shop.svc"]), i, ca=root))(
         Party("Excludes one", root, ca=True, end=900 * DAY, constraints=x509.NameConstraints(None, [x509.DNSName("db.shop.svc")]))))
case("may encipher only", ["KeyUsage"], tls(leaf(bits=["data_encipherment"]), middle, ca=root))
case("a leaf that may sign others", ["KeyUsage"], tls(leaf(bits=["digital_signature", "key_cert_sign"]), middle, ca=root))
case("a CA as a leaf", ["KeyUsage"], tls(Party("CA", root, ca=True, names=NAMES), ca=root))
case("for code signing", ["ExtendedKeyUsage"], tls(leaf(ekus=[EKU.CODE_SIGNING]), middle, ca=root))
case("a client's for a server", ["ExtendedKeyUsage"], tls(leaf(ekus=[EKU.CLIENT_AUTH]), middle, ca=root), use="server", names=["web.shop.svc"])
case("for any use", ["ExtendedKeyUsage"], tls(leaf(ekus=[EKU.ANY_EXTENDED_KEY_USAGE]), middle, ca=root))
case("a critical extendedKeyUsage", ["ExtendedKeyUsage"], tls(leaf(eku_critical=True), middle, ca=root))
case("an issuer for clients only", ["ExtendedKeyUsage"],
     (lambda i: tls(leaf(i), i, ca=root))(Party("For clients", root, ca=True, end=900 * DAY, ekus=[EKU.CLIENT_AUTH])), use="server", names=["web.shop.svc"])
case("RSA with 1024 bits", ["WeakKey"], tls(leaf(k=key("rsa1024")), middle, ca=root))
case("RSA with 2047 bits", ["WeakKey"], tls(leaf(k=key("rsa2047")), middle, ca=root))
case("P-224", ["WeakKey"], tls(leaf(k=key("p224")), middle, ca=root))
case("DSA", ["WeakKey"], tls(leaf(k=key("dsa")), middle, ca=root))
case("signed with SHA-1", ["WeakSignature"], tls(leaf().signed_with_sha1(middle), middle, ca=root))
case("the root in tls.crt", ["RootInChain"], tls(web, middle, root, ca=root))
case("a certificate of nobody", ["SurplusCertificate"], tls(web, middle, Party("Other", Party("X", ca=True), ca=True, end=900 * DAY), ca=root))
case("the issuer twice", ["SurplusCertificate"], tls(web, middle, middle, ca=root))
case("eleven certificates", ["TooLarge"], tls(web, *[middle] * 10, ca=root))
case("a bundle of half a megabyte", ["TooLarge"], tls(web, middle, ca=root.pem * 900))
case("a name that no client matches", ["InvalidName"], tls(leaf(names=["dns:web.shop.svc", "dns:w*b.shop.svc"]), middle, ca=root))
case("an underlined empty label", ["InvalidName"], tls(leaf(names=["dns:web..svc"]), middle, ca=root))
old = openssl("x509", "-req", "-in", "csr", "-CA", "ca", "-CAkey", "key", "-set_serial", "0x4a1b2c3d4e5f6071", "-days", "300", "-out", "out",
              files={"csr": x509.CertificateSigningRequestBuilder().subject_name(name("old")).sign(web.key, hashes.SHA256()).public_bytes(PEM).decode(),
                     "ca": middle.pem, "key": middle.key_pem})
case("X.509 version 1", ["CommonNameOnly", "MalformedCertificate"], {"tls.crt": old + middle.pem, "tls.key": web.key_pem, "ca.crt": root.pem})
explicit = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit", "-out", "out")
signed = openssl("req", "-x509", "-key", "key", "-subj", "/CN=web", "-days", "300", "-addext", "basicConstraints=CA:FALSE",
                 "-addext", "subjectAltName=DNS:web.shop.svc", "-out", "out", files={"key": explicit})
case("a curve that is spelt out", ["WeakKey"], {"tls.crt": signed, "tls.key": explicit})

# Combinations: one answer lists them all.
case("expired, weak and of another name", ["Expired", "SANMissing", "WeakKey"],
     tls(leaf(k=key("rsa1024"), start=-99 * DAY, end=-1 * DAY), middle, ca=root), names=["api.shop.svc"])
case("wrong key, wrong order, a root too many", ["ChainOrder", "KeyMismatch", "RootInChain"],
     tls(web, ca=root, key_text=key_text(key())) | {"tls.crt": middle.pem + web.pem + root.pem})
case("half a key and a broken chain", ["MalformedPEM", "MalformedPEM"],
     tls(web) | {"tls.crt": web.pem[:200], "tls.key": web.key_pem[:60]})
case("one good block, one broken, one foreign key", ["KeyMismatch", "MalformedPEM"],
     tls(web, key_text=key_text(key())) | {"tls.crt": web.pem + middle.pem.replace("MII", "M!I", 1)})

json.dump(cases, sys.stdout)
