# SPDX-License-Identifier: Apache-2.0
"""Writes one OCI image with one layer as an archive, and its SPDX bill of materials; for hack/image.

Only Python's own library, and nothing of the moment: entries are sorted, owned by 0:0 and dated with --epoch, the
gzip header carries no time. The archive is an OCI layout and a docker-archive in one, for `ctr images import`,
`podman load`, `docker load` and skopeo alike.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from datetime import datetime, timezone

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
USER = "65532:65532"


def fail(what, hint):
    sys.exit(f"image: {what}\nhint: {hint}")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def digest(content):
    return hashlib.sha256(content).hexdigest()


def encoded(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


# --- What goes in


def shared_libraries(program):
    """{path in the image: file here}: what the loader would load, the loader itself, nothing else."""
    found = {}
    for line in output_of("ldd", program).splitlines():
        if "linux-vdso" in line:
            continue
        match = re.match(r"\s*(?:\S+ => )?(/\S+) \(0x", line)
        if not match:
            fail(f"{program} needs {line.strip()!r}, which is not here", "install it, or build anew: hack/build-podmint")
        if not match[1].startswith(("/lib/", "/lib64/", "/usr/lib/")):
            fail(f"{program} loads {match[1]}, which no Debian package brings", "link it statically")
        found[match[1]] = os.path.realpath(match[1])
    return found


def debian_package(path):
    """(name, version, source package) of the package that a file came from; dpkg may know it without /usr."""
    for candidate in (path, os.path.realpath(path), os.path.realpath(path).removeprefix("/usr"), "/usr" + path):
        answer = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
        if answer.returncode == 0:
            name = answer.stdout.split(": ")[0].split(",")[0]
            fields = output_of("dpkg-query", "-W", "-f=${Package} ${Version} ${source:Package}", name)
            return tuple(fields.split())
    fail(f"no Debian package owns {path}", "the bill of materials must name every library; install it by apt")


# --- Layer, config, manifest


def layer(files, epoch):
    """A tar of {path: bytes}, all readable and runnable by everyone and writable by nobody."""
    folders = set()
    for path in files:
        parts = path.strip("/").split("/")[:-1]
        folders.update("/".join(parts[: n + 1]) for n in range(len(parts)))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(folders) + sorted(path.strip("/") for path in files):
            entry = tarfile.TarInfo(name)
            entry.mtime = epoch
            entry.mode = 0o555
            if name in folders:
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                entry.size = len(files["/" + name])
                archive.addfile(entry, io.BytesIO(files["/" + name]))
    return buffer.getvalue()


def zipped(content):
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(content)
    return buffer.getvalue()


def archive(name, config, packed, epoch):
    """(archive bytes, image digest): index.json for OCI tools, manifest.json for docker's."""
    blobs = {digest(config): config, digest(packed): packed}

    def descriptor(kind, content):
        media = f"application/vnd.oci.image.{kind}"
        return {"mediaType": media, "digest": "sha256:" + digest(content), "size": len(content)}

    manifest = encoded({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("config.v1+json", config),
        "layers": [descriptor("layer.v1.tar+gzip", packed)],
    })
    blobs[digest(manifest)] = manifest
    entry = descriptor("manifest.v1+json", manifest)
    # containerd takes the first as the whole name, others the second as the tag.
    entry["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.split(":")[-1]}
    files = {f"/blobs/sha256/{key}": value for key, value in blobs.items()}
    files["/oci-layout"] = encoded({"imageLayoutVersion": "1.0.0"})
    files["/index.json"] = encoded({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]})
    files["/manifest.json"] = encoded([{
        "Config": f"blobs/sha256/{digest(config)}",
        "RepoTags": [name],
        "Layers": [f"blobs/sha256/{digest(packed)}"],
    }])
    return layer(files, epoch), digest(manifest)


# --- Bill of materials


def bill(options, name, files, packages, created):
    """SPDX 2.3: the image's files with their digests, our package, and every package that its code came from."""

    def package(key, title, version, supplier, location, reference):
        return {
            "SPDXID": f"SPDXRef-{key}", "name": title, "versionInfo": version, "supplier": supplier,
            "downloadLocation": location, "filesAnalyzed": False, "copyrightText": "NOASSERTION",
            "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": reference}],
        }

    ours = package(
        "Image", name, options.version, "Organization: podmint", "NOASSERTION",
        f"pkg:oci/{name}@{options.version}?vcs_revision={options.revision}")
    ours["licenseDeclared"] = ours["licenseConcluded"] = "Apache-2.0"
    all_packages = [ours]
    swift = package(
        "swift-runtime", "swift-runtime", options.swift, "Organization: Swift project",
        "https://github.com/swiftlang/swift", f"pkg:github/swiftlang/swift@swift-{options.swift}-RELEASE")
    swift["licenseDeclared"] = "Apache-2.0 WITH Swift-exception"
    all_packages.append(swift)
    for pin in options.pins:
        source = pin["location"].removesuffix(".git")
        all_packages.append(package(
            pin["identity"], pin["identity"], pin["state"]["version"], "Organization: Apple", source,
            f"pkg:github/{source.removeprefix('https://github.com/')}@{pin['state']['revision']}"))
    for title, version, source in sorted(packages):
        all_packages.append(package(
            "deb-" + re.sub(r"[^A-Za-z0-9.-]", "-", title), title, version, "Organization: Debian",
            f"https://packages.debian.org/source/{source}", f"pkg:deb/debian/{title}@{version}?distro={options.distribution}"))
    listed = [
        {"SPDXID": f"SPDXRef-File-{number}", "fileName": "." + path, "licenseConcluded": "NOASSERTION",
         "copyrightText": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"],
         "checksums": [
             {"algorithm": "SHA1", "checksumValue": hashlib.sha1(files[path]).hexdigest()},
             {"algorithm": "SHA256", "checksumValue": digest(files[path])}]}
        for number, path in enumerate(sorted(files), 1)
    ]
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
        "creationInfo": {"created": created, "creators": ["Tool: podmint-hack-image"]},
        "packages": all_packages, "files": listed,
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-Image"}]
        + [{"spdxElementId": "SPDXRef-Image", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": each["SPDXID"]}
           for each in all_packages[1:]]
        + [{"spdxElementId": "SPDXRef-Image", "relationshipType": "CONTAINS", "relatedSpdxElement": each["SPDXID"]}
           for each in listed],
    }
    # Unique and yet the same for the same content (SPDX 2.3, section 6.5).
    document["documentNamespace"] = f"https://podmint.dev/spdx/{name}-{options.version}-{digest(encoded(document))}"
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


# --- Command


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the file that becomes the image's entry point")
    parser.add_argument("--title", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--revision", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--swift", required=True, help="version of the toolchain")
    parser.add_argument("--pins", required=True, help="Package.resolved; none for a program without packages")
    parser.add_argument("--linked", nargs="*", default=[], help="static libraries inside the program")
    parser.add_argument("--limit", type=int, required=True, help="most bytes of the unpacked image")
    parser.add_argument("--folder", required=True, help="where archive and bill go")
    options = parser.parse_args()
    options.pins = [] if options.pins == "none" else json.load(open(options.pins))["pins"]
    release = dict(line.strip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    options.distribution = f"{release['ID']}-{release.get('VERSION_ID', '')}".replace('"', "")
    return options


def main():
    options = parsed()
    name = os.path.basename(options.program)
    libraries = {} if options.linked else shared_libraries(options.program)
    packages = {debian_package(path) for path in [*libraries.values(), *options.linked]}
    files = {path: open(source, "rb").read() for path, source in {**libraries, "/" + name: options.program}.items()}
    size = sum(map(len, files.values()))
    if size > options.limit:
        fail(f"{name} weighs {size} bytes unpacked; {options.limit} is the limit", "see what grew: ldd, nm --size-sort")

    created = datetime.fromtimestamp(options.epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    spdx = bill(options, name, files, packages, created)
    content = layer(files, options.epoch)
    packed = zipped(content)
    config = encoded({
        "architecture": ARCHITECTURES[os.uname().machine], "os": "linux", "created": created,
        "config": {
            "User": USER, "Entrypoint": ["/" + name], "WorkingDir": "/",
            # The crash handler wants a program that is not in here, and what it prints may hold what nobody should read.
            "Env": ["SWIFT_BACKTRACE=enable=no"],
            "Labels": {
                "org.opencontainers.image.title": name,
                "org.opencontainers.image.description": options.title,
                "org.opencontainers.image.version": options.version,
                "org.opencontainers.image.revision": options.revision,
                "org.opencontainers.image.created": created,
                "org.opencontainers.image.licenses": "Apache-2.0",
                "org.opencontainers.image.vendor": "podmint",
                "dev.podmint.sbom.spdx": "sha256:" + digest(spdx),
            },
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(content)]},
        "history": [{"created": created, "created_by": "hack/image"}],
    })
    reference = f"localhost/{name}:{options.version}"
    saved, identity = archive(reference, config, packed, options.epoch)
    os.makedirs(options.folder, exist_ok=True)
    for suffix, bytes_ in ((".tar", saved), (".spdx.json", spdx)):
        with open(os.path.join(options.folder, name + suffix), "wb") as file:
            file.write(bytes_)
    print(f"{reference}  {size / 1e6:.1f} MB, {len(packed) / 1e6:.1f} MB packed, {len(files)} files  sha256:{identity}")


main()
