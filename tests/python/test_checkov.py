#!/usr/bin/env python3
"""checkov over every template of a folder: nothing fails, and every suppression suppresses something.

    test_checkov.py FOLDER [LEAST]

LEAST checks must have passed, or these are not the templates that were meant; 100 where it is left out.

checkov does not run a check that is suppressed, so it would never notice one whose reason is gone. Here every
suppressed check is run all the same and must fail.
"""

import logging
import socket
import sys
from collections import Counter

logging.disable(logging.CRITICAL)

from checkov.cloudformation.runner import Runner  # noqa: E402
from checkov.common.checks.base_check import BaseCheck  # noqa: E402
from checkov.common.models.enums import CheckResult  # noqa: E402
from checkov.runner_filter import RunnerFilter  # noqa: E402

idle = set()
run = BaseCheck.run


def run_also_what_is_skipped(self, scanned_file, entity_configuration, entity_name, entity_type, skip_info):
    if skip_info:
        real = run(self, scanned_file, entity_configuration, entity_name, entity_type, {})
        if real["result"] != CheckResult.FAILED:
            idle.add((scanned_file, entity_name, self.id))
    return run(self, scanned_file, entity_configuration, entity_name, entity_type, skip_info)


BaseCheck.run = run_also_what_is_skipped


def refuse(*_):
    raise OSError("checkov reached for the network")


socket.socket.connect = refuse


def main(folder, least="100"):
    report = Runner().run(root_folder=folder, runner_filter=RunnerFilter(framework=["cloudformation"]))
    wrong = [f"cannot read {file}" for file in report.parsing_errors]
    wrong += [
        f"{record.file_path} {record.resource}: {record.check_id} {record.check_name}" for record in report.failed_checks
    ]
    wrong += [f"{file} {resource}: {check} is suppressed and would pass" for file, resource, check in sorted(idle)]
    wrong += [
        f"{record.file_path} {record.resource}: {record.check_id} is suppressed without a reason"
        for record in report.skipped_checks
        if len(record.check_result.get("suppress_comment", "")) < 40
    ]
    if len(report.passed_checks) < int(least) or not report.skipped_checks:
        wrong.append(f"only {len(report.passed_checks)} checks passed: is this all of checkov, and are these templates?")
    print("\n".join(wrong))
    print(
        f"{len(report.passed_checks)} passed, {len(report.failed_checks)} failed, suppressed:",
        dict(sorted(Counter(record.check_id for record in report.skipped_checks).items())),
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
