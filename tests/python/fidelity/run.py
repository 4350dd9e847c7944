"""Holds served embedded clouds to the behaviour reference, row by row, through boto3.

    run.py SLUICE PROJECT=URL [PROJECT=URL ...]

Each cloud has a clock that stands still, so nothing is waited for. The modules beside this file are shared out among the
clouds. Prints a line a test and, at the end, how many rows hold; the exit code is 0 if every test passes.
"""

import importlib
import multiprocessing
import sys
import time
import traceback
from pathlib import Path

from cloud import Cloud

HERE = Path(__file__).resolve().parent
MODULES = sorted(path.stem for path in HERE.glob("test_*.py"))


def tests(module):
    found = vars(importlib.import_module(module)).values()
    return [one for one in found if callable(one) and hasattr(one, "rows")]


def work(sluice, place, waiting, done):
    project, url = place.split("=", 1)
    cloud = Cloud(sluice, project, url)
    while (module := waiting.get()) is not None:
        try:
            found = tests(module)
        except Exception:  # noqa: BLE001
            done.put((module, "import", (), 0.0, traceback.format_exc()))
            continue
        for test in found:
            began, trouble = time.monotonic(), None
            try:
                test(cloud)
            except Exception:  # noqa: BLE001 whatever it is, it is told with the test's name
                trouble = traceback.format_exc()
            done.put((module, test.__name__, test.rows, time.monotonic() - began, trouble))
    done.put(None)


def main(sluice, *places):
    wanted = [one for one in places if "=" not in one]
    places = [one for one in places if "=" in one]
    waiting, done = multiprocessing.Queue(), multiprocessing.Queue()
    for module in [m for m in MODULES if not wanted or m in wanted] + [None] * len(places):
        waiting.put(module)
    workers = [multiprocessing.Process(target=work, args=(sluice, place, waiting, done)) for place in places]
    for worker in workers:
        worker.start()
    held, failed, running = set(), [], len(workers)
    while running:
        told = done.get()
        if told is None:
            running -= 1
            continue
        module, name, ids, seconds, trouble = told
        print(f"{'FAIL' if trouble else 'ok  '} {seconds:5.1f} s  {module}.{name}  {' '.join(ids)}", flush=True)
        if trouble:
            failed.append(trouble)
        else:
            held.update(ids)
    for worker in workers:
        worker.join()
    print("\n".join(failed))
    print(f"{len(held)} rows held, {len(failed)} tests failed")
    return not failed and held


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
