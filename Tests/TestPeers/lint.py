# SPDX-License-Identifier: Apache-2.0
"""What DigiCert's pkilint finds in certificates: its PKIX checks (RFC 5280) of each, and of each with its issuer.

Standard input: PEM, each certificate followed by its issuer. Standard output: a line for each finding, of tab-separated fields:
the certificate's place (from 0), severity, code, where in the certificate, what pkilint says.
"""
import contextlib
import io
import json
import sys
import tempfile

# In one process: its start costs more than its checks.
from pkilint.bin import lint_pkix_cert, lint_pkix_signer_signee_cert_chain

END = "-----END CERTIFICATE-----\n"


def findings(main, *files):
    said, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaints):
        main(["lint", "-f", "JSON", "-s", "NOTICE", "--document-format", "PEM", *files])
    if complaints.getvalue():
        sys.exit(f"pkilint: {complaints.getvalue()}")
    for result in json.loads(said.getvalue())["results"]:
        for finding in result["finding_descriptions"]:
            yield finding["severity"], finding["code"], result["node_path"], finding["message"] or ""


blocks = [block + END for block in sys.stdin.read().split(END) if block.strip()]
for place, (certificate, issuer) in enumerate(zip(blocks[::2], blocks[1::2], strict=True)):
    with tempfile.NamedTemporaryFile("w") as one, tempfile.NamedTemporaryFile("w") as other:
        one.write(certificate)
        one.flush()
        other.write(issuer)
        other.flush()
        found = [*findings(lint_pkix_cert.main, one.name)]
        # RFC 5280 section 4.2.1.1: a root need not say whose key it is signed with.
        if certificate != issuer:
            found += findings(lint_pkix_signer_signee_cert_chain.main, other.name, one.name)
        for finding in found:
            print(place, *(field.replace("\t", " ").replace("\n", " ") for field in finding), sep="\t")
