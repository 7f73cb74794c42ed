"""A Redis server that a test may ruin."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from redis import Redis, RedisError


class RedisProcess:
    """redis-server on a free port, without a file, started and stopped at will."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.socket = folder / "redis.sock"
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._configuration = (
            f'bind 127.0.0.1\nport {self.port}\nunixsocket {self.socket}\ndir {folder}\nsave ""\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        with self._process.stdin as configuration:
            configuration.write(self._configuration.encode())
        end = time.monotonic() + 20
        while True:
            try:
                self.tell("PING")
                return
            except RedisError:
                assert time.monotonic() < end, "redis-server does not start"
                time.sleep(0.01)

    def tell(self, *command: str, password: str | None = None) -> Any:
        """Send a command, as its administrator."""
        with Redis(port=self.port, password=password) as client:
            return client.execute_command(*command)

    def hang(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # which also ends one that hangs
            self._process.wait(20)
            self._process = None
