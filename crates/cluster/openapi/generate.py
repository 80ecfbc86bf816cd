#!/usr/bin/env python3
"""Makes builtin.json.zlib, the schemas of the built-in kinds, and prose.json.zlib, the first sentences of their
descriptions, from published OpenAPI v3 documents.

    generate.py FOLDER_WITH_DOCUMENTS    (core_v1.json, apps_v1.json, … as an API server publishes them)
"""
import json
import pathlib
import re
import sys
import zlib

KEPT = {
    "type", "format", "properties", "items", "additionalProperties", "required", "default", "$ref", "allOf", "oneOf",
    "x-kubernetes-group-version-kind", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
    "x-kubernetes-patch-merge-key", "x-kubernetes-patch-strategy", "x-kubernetes-preserve-unknown-fields",
}
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
# Kinds that every document repeats and that are no resources.
SKIPPED = {"DeleteOptions", "WatchEvent", "APIResourceList", "APIGroup", "APIGroupList"}


def trim(node, names=False):
    """The node without prose; `names` says that its keys are field names."""
    if isinstance(node, list):
        return [trim(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if not names and key not in KEPT:
            continue
        # Zero values are Go's, not the API's; an empty object says that a struct is always there.
        if not names and key == "default" and value in ("", 0, False):
            continue
        verbatim = key in ("required", "default", "x-kubernetes-group-version-kind") and not names
        kept[key] = value if verbatim else trim(value, key == "properties" and not names)
    return kept


def ref(name):
    return {"allOf": [{"$ref": "#/components/schemas/" + name}], "default": {}}


def kind(group, version, name, **properties):
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {"apiVersion": text, "kind": text, "metadata": ref(META + "ObjectMeta"), **properties},
        "x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": name}],
    }


def fields(**types):
    return {"type": "object", "properties": types}


def more():
    """Kinds of groups whose documents are not at hand."""
    text, number, flag = {"type": "string"}, {"type": "integer", "format": "int32"}, {"type": "boolean"}
    micro = {"$ref": "#/components/schemas/" + META + "MicroTime"}
    time = {"$ref": "#/components/schemas/" + META + "Time"}
    core = "io.k8s.api.core.v1."
    reference = {"$ref": "#/components/schemas/" + core + "ObjectReference"}
    texts = {"type": "array", "items": text, "x-kubernetes-list-type": "atomic"}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    names = fields(plural=text, singular=text, kind=text, listKind=text, shortNames=texts, categories=texts)
    condition = fields(
        type=text, status=text, reason=text, message=text, lastTransitionTime=time,
        observedGeneration={"type": "integer", "format": "int64"})
    conditions = {
        "type": "array", "items": condition, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
    column = fields(name=text, type=text, jsonPath=text, description=text, format=text, priority=number)
    version = fields(
        name=text, served=flag, storage=flag, deprecated=flag, deprecationWarning=text,
        schema=fields(openAPIV3Schema=anything),
        subresources=fields(
            status={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            scale=fields(specReplicasPath=text, statusReplicasPath=text, labelSelectorPath=text)),
        additionalPrinterColumns={"type": "array", "items": column, "x-kubernetes-list-type": "atomic"},
        selectableFields={"type": "array", "items": fields(jsonPath=text), "x-kubernetes-list-type": "atomic"})
    extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"
    return {
        extensions: kind(
            "apiextensions.k8s.io", "v1", "CustomResourceDefinition",
            spec={**fields(
                group=text, scope=text, names={**names, "default": {}}, preserveUnknownFields=flag,
                conversion=fields(strategy=text, webhook=anything),
                versions={"type": "array", "items": version, "x-kubernetes-list-type": "atomic"}),
                "required": ["group", "names", "scope", "versions"], "default": {}},
            status={**fields(
                conditions=conditions, acceptedNames={**names, "default": {}}, storedVersions=texts,
                observedGeneration={"type": "integer", "format": "int64"}), "default": {}}),
        "io.k8s.api.coordination.v1.Lease": kind(
            "coordination.k8s.io", "v1", "Lease",
            spec={**fields(
                holderIdentity=text, leaseDurationSeconds=number, acquireTime=micro, renewTime=micro,
                leaseTransitions=number, preferredHolder=text, strategy=text), "default": {}}),
        "io.k8s.api.events.v1.Event": kind(
            "events.k8s.io", "v1", "Event",
            eventTime=micro, series=fields(count=number, lastObservedTime=micro), reportingController=text,
            reportingInstance=text, action=text, reason=text, regarding={**reference, "default": {}},
            related=reference, note=text, type=text, deprecatedCount=number, deprecatedFirstTimestamp=time,
            deprecatedLastTimestamp=time, deprecatedSource=ref(core + "EventSource")),
        "io.k8s.api.scheduling.v1.PriorityClass": kind(
            "scheduling.k8s.io", "v1", "PriorityClass",
            value=number, globalDefault=flag, description=text, preemptionPolicy=text),
        "io.k8s.api.storage.v1.StorageClass": kind(
            "storage.k8s.io", "v1", "StorageClass",
            provisioner=text, parameters={"type": "object", "additionalProperties": text}, reclaimPolicy=text,
            mountOptions=texts, allowVolumeExpansion=flag, volumeBindingMode=text,
            allowedTopologies={"type": "array", "items": anything, "x-kubernetes-list-type": "atomic"}),
    }


def sentence(text):
    text = " ".join(text.split())
    found = re.match(r"(.+?[.!?])(\s|$)", text)
    return (found.group(1) if found else text)[:300]


def prose(schema):
    """What the schema (under "") and its fields are, as far as it is told."""
    told = {name: field.get("description", "") for name, field in schema.get("properties", {}).items()}
    told[""] = schema.get("description", "")
    return {name: sentence(text) for name, text in told.items() if text}


def write(name, value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    target = pathlib.Path(__file__).with_name(name)
    target.write_bytes(zlib.compress(text.encode(), 9))
    print(f"{name}: {len(value)} schemas, {len(text)} bytes, {target.stat().st_size} compressed")


def main(folder):
    schemas, told = {}, {}
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        for name, schema in json.loads(path.read_text())["components"]["schemas"].items():
            if name.rsplit(".", 1)[-1] not in SKIPPED:
                schemas.setdefault(name, trim(schema))
                told.setdefault(name, prose(schema))
    schemas.update(more())
    write("builtin.json.zlib", schemas)
    write("prose.json.zlib", told)


if __name__ == "__main__":
    main(sys.argv[1])
