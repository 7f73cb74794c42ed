"""Serve the shop by gunicorn or uvicorn on a free port, in processes that end with the block."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
WORKERS: Final = 2
START_SECONDS: Final = 60.0


class LoadError(Exception):
    """Raised where a server, a database or a run of locust fails; the text says which, and how."""


def environment(tool: str, database: str, server: str = "") -> dict[str, str]:
    """Return the variables that ``benchmarks.load.settings`` reads, with the rest of ours."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "demo_site"))),
        "DJANGO_SETTINGS_MODULE": "benchmarks.load.settings",
        "LOAD_TOOL": tool,
        "LOAD_DATABASE": database,
        "LOAD_SERVER": server,
    }


@contextmanager
def serving(server: str, database: str, tool: str, *, address: str = "127.0.0.1") -> Iterator[str]:
    """Yield the address, as ``http://127.0.0.1:PORT``, of the shop with that tool."""
    port = free_port()
    command = {
        "gunicorn": [
            *("gunicorn", "benchmarks.load.wsgi:application", "--workers", str(WORKERS)),
            *("--bind", f"{address}:{port}", "--log-level", "warning"),
        ],
        "uvicorn": [
            *("uvicorn", "benchmarks.load.asgi:application", "--workers", str(WORKERS)),
            *("--host", address, "--port", str(port), "--log-level", "warning"),
        ],
    }[server]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment(tool, database, server),
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that its workers end with it
        )
        try:
            url = f"http://{'127.0.0.1' if address == '0.0.0.0' else address}:{port}"  # noqa: S104
            _wait(url, process)
            yield url
        except _NotServingError as error:
            log.seek(0)
            told = log.read().decode(errors="replace").strip()[-8_000:]
            msg = f"{server} with {tool} on {database.partition(':')[0]}: {error}\n{told}"
            raise LoadError(msg) from None
        finally:
            _end(process)


class _NotServingError(Exception):
    pass


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            msg = f"it ended with {process.returncode}"
            raise _NotServingError(msg)
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # of this machine
                return
        except urllib.error.HTTPError as error:
            msg = f"/ answers {error.code}"
            raise _NotServingError(msg) from None
        except OSError:
            time.sleep(0.1)
    msg = f"no answer within {START_SECONDS:.0f} s"
    raise _NotServingError(msg)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
