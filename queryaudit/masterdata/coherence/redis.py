"""Over a Redis server: each process publishes what it has committed, and all others hear it."""

from threading import Lock
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.utils.crypto import salted_hmac

from queryaudit.errors import MissingExtraError
from queryaudit.masterdata.coherence.base import process_id
from queryaudit.masterdata.coherence.listener import Link, Listening

try:
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ImportError as error:
    raise MissingExtraError("QUERYAUDIT['MASTERDATA'] with Redis", "redis") from error

SECONDS: Final = 1.0  # to connect, and for each answer


class RedisCoherence(Listening):
    """Publish and subscribe on one channel of ``url`` a database; ``?prefix=`` names the site."""

    name = "redis"
    promise = "every commit through Django as it is told (pub/sub), of other clients not"

    def __init__(self, alias: str, url: str) -> None:
        super().__init__(alias)
        address, _, query = url.partition("?")
        options = dict(parse_qsl(query))
        site = options.pop("prefix", "") or _site()
        self._channel = f"queryaudit:masterdata:{site}:{alias}"
        self._url = f"{address}?{urlencode(options)}" if options else address
        self._publisher: Any = None
        self._unsent: set[str] = set()
        self._sending = Lock()

    def connect(self) -> Link:
        """Subscribe."""
        return _Subscription(_client(self._url), self._channel)

    def after(
        self, connection: Any, tables: frozenset[str], token: Any, *, in_transaction: bool
    ) -> None:
        """Publish the tables that were written; what cannot be sent is sent when it can."""
        with self._sending:
            self._unsent |= tables
        # Of a server that is known to be lost nobody waits for an answer.
        if self._live or not self.problem:
            self._send()

    def up(self) -> None:
        """Publish what could not be sent."""
        self._send()

    def beat(self) -> None:
        """Publish what failed while the subscription stood."""
        if self._unsent:
            self._send()

    def _send(self) -> None:
        with self._sending:
            try:
                if self._publisher is None:
                    self._publisher = _client(self._url)
                while self._unsent:
                    table = min(self._unsent)
                    self._publisher.publish(self._channel, f"{process_id()}:{table}")
                    self._unsent.discard(table)
            except (RedisError, OSError) as error:
                self.problem = str(error)
            else:
                self.problem = "" if self._live else self.problem

    def abandon(self) -> None:
        """Leave the parent's connections alone."""
        super().abandon()
        self._sending = Lock()


class _Subscription:
    def __init__(self, client: "Redis", channel: str) -> None:
        self._client = client
        untyped: Any = client
        self._pubsub = untyped.pubsub()
        self._pubsub.subscribe(channel)
        first = self._pubsub.get_message(timeout=SECONDS)
        if first is None or first["type"] != "subscribe":
            msg = f"the server did not answer within {SECONDS:g} s"
            raise ConnectionError(msg)

    def wait(self, seconds: float) -> list[str]:
        """Return the messages that have come."""
        found = []
        message = self._pubsub.get_message(timeout=seconds)
        while message is not None:
            found.append(message)
            message = self._pubsub.get_message(timeout=0)
        return self._read(found)

    def ping(self, seconds: float) -> list[str]:
        """Ask for a sign of life."""
        self._pubsub.ping()
        message = self._pubsub.get_message(timeout=seconds)
        heard: list[Any] = []
        while message is not None:
            if message["type"] == "pong":
                return self._read(heard)
            heard.append(message)
            message = self._pubsub.get_message(timeout=seconds)
        msg = f"the server did not answer within {seconds:g} s"
        raise ConnectionError(msg)

    def close(self) -> None:
        """Close the connection."""
        self._pubsub.close()
        self._client.close()

    def _read(self, messages: list[Any]) -> list[str]:
        # The client connects and subscribes anew by itself, and what was published in between
        # is lost: it shows by a second subscription.
        if any(message["type"] == "subscribe" for message in messages):
            msg = "the connection was lost in between"
            raise ConnectionError(msg)
        return [_text(message["data"]) for message in messages if message["type"] == "message"]


def _text(data: Any) -> str:
    return data.decode() if isinstance(data, bytes) else str(data)


def _client(url: str) -> "Redis":
    return Redis.from_url(
        url,
        socket_connect_timeout=SECONDS,
        socket_timeout=SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _site() -> str:
    return salted_hmac(
        "queryaudit.masterdata", str(settings.SETTINGS_MODULE), algorithm="sha256"
    ).hexdigest()[:12]
