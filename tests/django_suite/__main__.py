"""Compare the tests of the installed Django bare and audited: ``python -m tests.django_suite``.

Arguments are labels as Django's ``runtests.py`` knows them, or patterns of its folders;
``--quick`` stands for a selection of one minute. The exit code is 0 when nothing differs.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import django

from tests.django_suite.labels import KNOWN, TIMED, labels_of
from tests.django_suite.report import report
from tests.django_suite.results import read
from tests.django_suite.source import tests_of_django

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".django-suite"
MODES = ("bare", "audited")
AT_ONCE = 10  # folders: all their tables are there for each test, and some tests empty them all
TIMEOUT = 1_200  # seconds for so many; the slowest take one minute
LEAST_QUERIES = 5_000  # of the selections above; with fewer the hooks were not installed


def main(arguments: list[str]) -> int:
    """Run both, side by side, print what differs and return the exit code."""
    print(f"Django {django.__version__}, Python {platform.python_version()}", flush=True)
    tests = tests_of_django(CACHE)
    labels = labels_of(arguments, tests)
    for mode in MODES:
        _results(tests, mode).unlink(missing_ok=True)
        _log(tests, mode).unlink(missing_ok=True)
    is_whole = True
    for first in range(0, len(labels), AT_ONCE):
        some = labels[first : first + AT_ONCE]
        for mode, run in [(mode, _start(mode, tests, some)) for mode in MODES]:
            code = _exit_code(run)
            if code not in {0, 1}:  # 1: tests have failed
                is_whole = False
                print(f"A {mode} run broke off, exit code {code}: {_log(tests, mode)}")
    bare, audited = (
        [result for result in read(_results(tests, mode)) if result.test not in TIMED]
        for mode in MODES
    )
    least = 1 if arguments and arguments != ["--quick"] else LEAST_QUERIES
    lines, is_good = report(bare, audited, KNOWN, least)
    print(*lines, sep="\n")
    return 0 if is_good and is_whole else 1


def _start(mode: str, tests: Path, labels: list[str]) -> subprocess.Popen[bytes]:
    results = str(_results(tests, mode))
    command = [sys.executable, "-m", "tests.django_suite.runner", mode, results, *labels]
    # The order of sets is the same in both; so are the settings, those of Django's tests.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with _log(tests, mode).open("a") as log:
        return subprocess.Popen(command, cwd=tests, env=environment, stdout=log, stderr=log)


def _exit_code(run: subprocess.Popen[bytes]) -> int:
    try:
        return run.wait(TIMEOUT)
    except subprocess.TimeoutExpired:  # an auditor may also wait for itself
        run.kill()
        return run.wait()


def _results(tests: Path, mode: str) -> Path:
    return tests.parent / f"{mode}.jsonl"


def _log(tests: Path, mode: str) -> Path:
    return tests.parent / f"{mode}.log"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
