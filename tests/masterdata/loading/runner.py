"""Run ``manage.py`` in processes of their own, forked from one that has imported Django.

A fork takes a tenth of a second, a start from nothing most of one. Settings, apps and
connections are those of the fork alone.
"""

import atexit
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path
from typing import Any


class Runner:
    """A process that forks for each command."""

    def __init__(self) -> None:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO_")}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.masterdata.loading.runner"],
            cwd=Path(__file__).resolve().parents[3],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.kill)

    def run(self, folder: Path, environ: dict[str, str], arguments: list[str]) -> tuple[int, str]:
        """Return exit code and output, both streams."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"folder": str(folder), "environ": environ, "arguments": arguments}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["code"], answer["text"]


@cache
def runner() -> Runner:
    return Runner()


def _run(request: dict[str, Any], out: Any) -> None:
    """Be ``python manage.py``; this is the forked child."""
    os.dup2(out.fileno(), 1)
    os.dup2(out.fileno(), 2)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.path[:0] = request["environ"]["PYTHONPATH"].split(os.pathsep)
    sys.argv = ["manage.py", *request["arguments"]]
    code = 0
    try:
        runpy.run_path("manage.py", run_name="__main__")
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001  # as the interpreter does
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as out:
            child = os.fork()
            if not child:
                _run(json.loads(line), out)
            _, status = os.waitpid(child, 0)
            out.seek(0)
            answer = {"code": os.waitstatus_to_exitcode(status), "text": out.read()}
        print(json.dumps(answer), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    import yaml  # noqa: F401

    _serve()
