#!/usr/bin/env python3
"""Writes protobuf.txt: the numbers that fields of built-in kinds have in protobuf bodies.

    cargo info k8s-pb@0.9.0 && ./protobuf.py ~/.cargo/registry/src/*/k8s-pb-0.9.0

The numbers are read from the crate `k8s-pb` (kube-rs), the names in JSON from builtin.json.zlib beside this file. A
message is a line with its definition and then its fields: number, type, name. Types: `t` text, `n` number, `b` bool,
`x` bytes, a definition for a message; before it `*` for a list and `%` for a map of text to it. A field without a name
has its fields in the message itself.
"""

import json
import pathlib
import re
import sys
import zlib

HERE = pathlib.Path(__file__).parent
# Written as one value; the decoder knows them.
SCALARS = {
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time", "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
    "io.k8s.apimachinery.pkg.api.resource.Quantity", "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    "io.k8s.apimachinery.pkg.runtime.RawExtension", "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
}
# Served, and not in the documents.
MORE = [
    f"io.k8s.api.{one}"
    for one in (
        "authentication.v1.SelfSubjectReview", "authentication.v1.TokenReview",
        "authorization.v1.LocalSubjectAccessReview", "authorization.v1.SelfSubjectAccessReview",
        "authorization.v1.SelfSubjectRulesReview", "authorization.v1.SubjectAccessReview",
        "autoscaling.v2.HorizontalPodAutoscaler", "discovery.v1.EndpointSlice",
    )
]
FIELD = r"#\[prost\(([^)]*)\)\]\s*(?:#\[[^\]]*\]\s*)*pub (\S+):\s*(.*?),\s*(?=#\[|\Z)"
TYPES = {"string": "t", "bool": "b", "bytes": "x"}


def messages(crate):
    """Definition → fields (number, Rust name, proto type, label, path of the message)."""
    found = {}
    for file in sorted((crate / "src").rglob("mod.rs")):
        module = list(file.relative_to(crate / "src").parts[:-1])
        text = re.sub(r"\s*///[^\n]*", "", file.read_text())
        for name, body in re.findall(r"pub struct (\w+) \{(.*?)\n\}", text, re.S):
            fields = []
            for attribute, field, rust in re.findall(FIELD, body + "\n", re.S):
                number = int(re.search(r'tag = "(\d+)"', attribute)[1])
                fields.append((number, field.removeprefix("r#"), attribute, target(module, rust)))
            found[".".join(["io.k8s", *module, name])] = fields
    return found


def target(module, rust):
    """The definition of a message type as Rust names it from within `module`."""
    names = re.findall(r"((?:super::)+[\w:]+|(?<![\w:])[A-Z]\w+)", re.sub(r"(?<!\w)::(core|prost)::[\w:]+", "", rust))
    if not names:
        return None
    path, parts = list(module), names[-1].split("::")
    while parts[0] == "super":
        path.pop()
        parts.pop(0)
    return ".".join(["io.k8s", *path, *parts])


def plain(name):
    return name.replace("_", "").lower()


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def main(crate):
    found = messages(pathlib.Path(crate))
    schemas = json.loads(zlib.decompress((HERE / "builtin.json.zlib").read_bytes()))
    kinds = [name for name, schema in schemas.items() if schema.get("x-kubernetes-group-version-kind")]
    todo, lines, done = sorted(name for name in kinds if name in found and not name.endswith("List")) + MORE, [], set()
    while todo:
        name = todo.pop(0)
        if name in done or name in SCALARS or name not in found:
            continue
        done.add(name)
        properties = schemas.get(name, {}).get("properties", {})
        known = {plain(one): one for one in properties}
        lines.append(name)
        for number, field, attribute, message in sorted(found[name]):
            kind, is_map = attribute.split(",")[0], "btree_map" in attribute
            if is_map:
                kind = re.search(r'"string, (\w+)"', attribute)[1]
            is_message = kind == "message"
            if is_message:
                todo.append(message)
            letter = message if is_message else TYPES.get(kind, "n")
            sign = "%" if is_map else "*" if "repeated" in attribute else ""
            shown = known.get(plain(field))
            if shown is None:
                inline = is_message and not sign and properties
                shown = "" if inline else camel(field)
            lines.append(f" {number} {sign}{letter} {shown}".rstrip())
    text = "\n".join(lines).replace("io.k8s.apimachinery.pkg.apis.meta.v1.", "meta.").replace("io.k8s.api.", "")
    (HERE / "protobuf.txt").write_text(text.replace("io.k8s.apimachinery.pkg.", "") + "\n")
    print(len(done), "messages")


main(sys.argv[1])
