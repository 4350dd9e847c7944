#!/usr/bin/env python3
"""Generate schemas/cloudformation/*.json from the provider schemas that cfn-lint ships.

    scripts/generate-schema-facts.py            write the files
    scripts/generate-schema-facts.py --check    exit 1 and name the files that are not fresh

Needs the cfn-lint pinned in tests/requirements.txt, because the facts are those of its release. A file holds what
Sluice reads and nothing else: prose, handlers and permissions are dropped, and so are patterns that only a
backtracking engine understands (look-around, Unicode properties).
"""

import argparse
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "schemas" / "cloudformation"
REGISTRY = ROOT / "src" / "template" / "schema" / "registry.rs"
REGION = "us-east-1"

TYPES = """
ApplicationAutoScaling::ScalableTarget ApplicationAutoScaling::ScalingPolicy Budgets::Budget CloudWatch::Alarm
CloudWatch::AnomalyDetector CloudWatch::CompositeAlarm CloudWatch::Dashboard DynamoDB::Table Glue::Database
Glue::Table IAM::ManagedPolicy IAM::Policy IAM::Role KMS::Alias KMS::Key Kinesis::ResourcePolicy Kinesis::Stream
Kinesis::StreamConsumer KinesisFirehose::DeliveryStream Lambda::Alias Lambda::EventInvokeConfig
Lambda::EventSourceMapping Lambda::Function Lambda::Permission Lambda::Version Logs::LogGroup Logs::LogStream S3::Bucket
S3::BucketPolicy SNS::Subscription SNS::Topic SNS::TopicPolicy SQS::Queue SQS::QueuePolicy SSM::Parameter
SageMaker::Endpoint SageMaker::EndpointConfig SageMaker::Model
""".split()

# Keywords kept as they are. `insertionOrder` and `uniqueItems` are kept only where they differ from the default.
KEPT = {
    "type", "required", "enum", "const", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems",
    "dependentExcluded", "dependentRequired", "requiredXor", "requiredOr",
}
UNSUPPORTED_PATTERN = re.compile(r"\(\?[=!<]|\\p|\\P|\\u|\\x")


def node(schema):
    """The compact form of one schema node."""
    if not isinstance(schema, dict):
        return None
    out = {}
    if "$ref" in schema:
        out["ref"] = schema["$ref"].rsplit("/", 1)[1]
    for key in sorted(KEPT & schema.keys()):
        out[key] = schema[key]
    if isinstance(out.get("type"), str):
        out["type"] = [out["type"]]
    if "enum" in out:
        out["enum"] = sorted(out["enum"], key=str)
    if schema.get("uniqueItems"):
        out["uniqueItems"] = True
    if schema.get("insertionOrder") is False:
        out["insertionOrder"] = False
    pattern = schema.get("pattern")
    if pattern and not UNSUPPORTED_PATTERN.search(pattern):
        # Python's end of text is \Z, everybody else's \z.
        out["pattern"] = pattern.replace(r"\Z", r"\z")
    if schema.get("additionalProperties") is False:
        out["closed"] = True
    if "items" in schema:
        out["items"] = node(schema["items"])
    if schema.get("properties"):
        out["properties"] = {name: node(member) for name, member in sorted(schema["properties"].items())}
    if schema.get("patternProperties"):
        # The empty pattern matches every name.
        supported = lambda name: "" if UNSUPPORTED_PATTERN.search(name) else name
        out["patternProperties"] = {supported(n): node(m) for n, m in sorted(schema["patternProperties"].items())}
    for key in ("anyOf", "oneOf", "allOf"):
        branches = [branch for branch in map(node, schema.get(key, [])) if branch]
        # A branch without content (only a hint at a related resource) allows everything.
        if branches and len(branches) == len(schema[key]):
            out[key] = branches
    return out


def references(value, found):
    """Collects the names of definitions that a node refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("ref"), str):
            found.add(value["ref"])
        for member in value.values():
            references(member, found)
    elif isinstance(value, list):
        for member in value:
            references(member, found)


def pointers(schema, key):
    return sorted({pointer.removeprefix("/properties") for pointer in schema.get(key, [])})


def facts(type_name, manager):
    """The facts of one type."""
    resource = manager.get_resource_schema(REGION, type_name)
    schema = resource.schema
    definitions = {name: node(member) for name, member in schema.get("definitions", {}).items()}
    root = node({key: value for key, value in schema.items() if key != "definitions"})
    used, grown = set(), True
    references(root, used)
    while grown:
        before = len(used)
        for name in list(used):
            references(definitions[name], used)
        grown = len(used) != before
    tagging = schema.get("tagging", {})
    taggable = tagging.get("taggable", schema.get("taggable", "Tags" in schema["properties"]))
    tag_property = tagging.get("tagProperty", "/properties/Tags").rsplit("/", 1)[1]
    out = {
        "typeName": type_name,
        "source": f"cfn-lint {version('cfn-lint')}, {REGION}",
        "primaryIdentifier": [p.removeprefix("/properties") for p in schema["primaryIdentifier"]],
        "createOnly": pointers(schema, "createOnlyProperties"),
        "conditionalCreateOnly": pointers(schema, "conditionalCreateOnlyProperties"),
        "readOnly": pointers(schema, "readOnlyProperties"),
        "writeOnly": pointers(schema, "writeOnlyProperties"),
        "attributes": sorted(resource.get_atts.keys()),
        "root": root,
        "definitions": {name: definitions[name] for name in sorted(used)},
    }
    if taggable and tag_property in schema["properties"]:
        out["tagProperty"] = tag_property
    if schema.get("replacementStrategy") == "delete_then_create":
        out["deleteThenCreate"] = True
    return out


def render(facts_of_type):
    """One line per member of the two big maps: small enough to embed, and a change of release still reads as a diff."""
    compact = lambda value: json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
    lines = []
    for key, value in facts_of_type.items():
        if key == "definitions" and value:
            inner = ",\n".join(f"  {json.dumps(name)}:{compact(member)}" for name, member in value.items())
            lines.append(f'"definitions":{{\n{inner}\n}}')
        elif key == "root":
            rest = {name: member for name, member in value.items() if name != "properties"}
            inner = ",\n".join(f"  {json.dumps(name)}:{compact(member)}" for name, member in value["properties"].items())
            head = compact(rest)[1:-1]
            lines.append(f'"root":{{{head}{"," if head else ""}"properties":{{\n{inner}\n}}}}')
        else:
            lines.append(f"{json.dumps(key)}:{compact(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def registry(names):
    """The Rust side: one embedded file per type."""
    rows = "".join(
        f'    ("{name}", include_str!("../../../schemas/cloudformation/{file_name(name)}")),\n' for name in names
    )
    return (
        "//! Generated by `scripts/generate-schema-facts.py`; do not edit.\n\n"
        "/// Type and text of every embedded file, sorted by type.\n"
        "#[rustfmt::skip]\n"
        "pub(super) const FILES: &[(&str, &str)] = &[\n" + rows + "];\n"
    )


def file_name(type_name):
    return type_name.replace("::", "-") + ".json"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check

    wanted = re.search(r"^cfn-lint==(\S+)", (ROOT / "tests" / "requirements.txt").read_text(), re.MULTILINE).group(1)
    if version("cfn-lint") != wanted:
        sys.exit(f"cfn-lint {version('cfn-lint')} is installed, tests/requirements.txt pins {wanted}")
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as manager

    names = sorted(f"AWS::{name}" for name in TYPES)
    files = {TARGET / file_name(name): render(facts(name, manager)) for name in names}
    files[REGISTRY] = registry(names)
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    stale += sorted(set(TARGET.glob("*.json")) - files.keys())
    if check:
        for path in stale:
            print(f"not fresh: {path.relative_to(ROOT)}", file=sys.stderr)
        sys.exit(1 if stale else 0)
    TARGET.mkdir(parents=True, exist_ok=True)
    for path in stale:
        if path in files:
            path.write_text(files[path])
        else:
            path.unlink()


if __name__ == "__main__":
    main()
