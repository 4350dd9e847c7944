"""Holds embedded clouds to the behaviour reference, row by row, through boto3.

    run.py SLUICE ENVIRONMENT_FILE [MODULE ...]

Starts a few `sluice embedded serve`, each with a clock that stands still, so that nothing is waited for, and shares the
modules beside this file out among them. Prints a line a test and, at the end, how many rows hold; the exit code is 0 if
every test passes. `rows.tsv` lists the rows; `docs/embedded.md` says which are left out and why.
"""

import importlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from cloud import CLOCK, Cloud

HERE = Path(__file__).resolve().parent
MODULES = sorted(path.stem for path in HERE.glob("test_*.py"))


def tests(module):
    found = vars(importlib.import_module(module)).values()
    return [one for one in found if callable(one) and hasattr(one, "rows")]


def serve(sluice, project, environment):
    """Starts a cloud in a folder; gives its process and address."""
    (project / "stacks").mkdir(parents=True)
    (project / "environments").mkdir()
    shutil.copy(environment, project / "environments" / "local.yaml")
    command = [sluice, "embedded", "serve", "--port", "0"]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen(command, cwd=project, env={**os.environ, **CLOCK}, **quiet)
    return process, process.stdout.readline().strip().removeprefix("AWS_ENDPOINT_URL=")


def work(sluice, project, environment, waiting, done):
    process, url = serve(sluice, project, environment)
    try:
        cloud = Cloud(sluice, project, url)
        while (module := waiting.get()) is not None:
            run(module, cloud, done)
    finally:
        process.kill()
        process.wait()
        done.put(None)


def run(module, cloud, done):
    try:
        found = tests(module)
    except Exception:  # whatever it is, it is told with the module's name
        done.put((module, "(import)", (), 0.0, traceback.format_exc()))
        return
    for test in found:
        began, trouble = time.monotonic(), None
        try:
            test(cloud)
        except Exception:
            trouble = traceback.format_exc()
        done.put((module, test.__name__, test.rows, time.monotonic() - began, trouble))


def main(sluice, environment, *wanted):
    waiting, done = multiprocessing.Queue(), multiprocessing.Queue()
    clouds = min(max(os.cpu_count() or 2, 2), 4)
    for module in [*(wanted or MODULES), *[None] * clouds]:
        waiting.put(module)
    held, failed, running = set(), [], clouds
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / str(number) for number in range(clouds)]
        workers = [multiprocessing.Process(target=work, args=(sluice, place, environment, waiting, done)) for place in places]
        for worker in workers:
            worker.start()
        while running:
            told = done.get(timeout=300)
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
    return bool(held) and not failed


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
