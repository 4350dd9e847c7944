"""Runs the tests of every handler of the built-in stacks, in `handlers/`.

    test_handlers.py
"""

import unittest
from pathlib import Path

if __name__ == "__main__":
    unittest.main(module=None, argv=["", "discover", "-s", str(Path(__file__).parent / "handlers")])
