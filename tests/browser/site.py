"""A site that is served by a process of its own, and asked here without a browser."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]
_MANAGE = ROOT / "demo_site" / "manage.py"
_PATIENCE = 30  # seconds


class Site:
    """The shop as ``manage.py runserver`` serves it, with a database and a store in ``folder``."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "DEMO_DATABASE": str(folder / "shop.sqlite3"),
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def fill(self, *commands: tuple[str, ...]) -> Self:
        """Make the database and its rows, by ``commands`` of manage.py or as the demo does."""
        for arguments in commands or (("migrate", "--verbosity=0"), ("seed", "--size=s")):
            subprocess.run(
                [sys.executable, str(_MANAGE), *arguments],
                env=self._environment,
                check=True,
                capture_output=True,
            )
        return self

    @contextmanager
    def served(self) -> Iterator[Self]:
        """Serve until the block ends."""
        path = self.folder / "server.log"
        with path.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, str(_MANAGE), "runserver", "--noreload", str(self.port)],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
            try:
                end = time.monotonic() + _PATIENCE
                while not self._answers():
                    is_late = time.monotonic() > end or process.poll() is not None
                    assert not is_late, f"nothing answers at {self.url}: {path.read_text()}"
                    time.sleep(0.05)
                yield self
            finally:
                process.terminate()
                process.wait(10)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[str, Any]:
        """Return the body of a page and its headers."""
        request = Request(self.url + path, headers=dict(headers or {}))  # noqa: S310
        with urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310
            return response.read().decode(), response.headers

    def visit(self, path: str, headers: Mapping[str, str] | None = None) -> str:
        """Ask for an audited page; return the audit's id as soon as the dashboard has it."""
        _, answered = self.get(path, headers)
        found = re.match(r"id=([\w-]+)", answered["X-Queryaudit"])
        assert found
        self.wait_for(found[1])
        return found[1]

    def wait_for(self, *ids: str) -> None:
        """Wait until the dashboard has the audits: they are written after their responses."""
        end = time.monotonic() + _PATIENCE
        while missing := set(ids) - {record["id"] for record in self.records()}:
            assert time.monotonic() < end, f"not kept: {missing}"
            time.sleep(0.02)

    def records(self, **filters: str) -> list[dict[str, Any]]:
        """Return the kept requests as the dashboard's first page tells them, the newest first."""
        requests: list[dict[str, Any]] = self.json("", **filters)["requests"]
        return requests

    def json(self, page: str, **parameters: str) -> dict[str, Any]:
        """Return a page of the dashboard as JSON."""
        body, _ = self.get(f"/queryaudit/{page}?{urlencode({**parameters, 'format': 'json'})}")
        data: dict[str, Any] = json.loads(body)
        return data

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
