"""Audits in a Redis server, shared by the machines of one site."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import salted_hmac

from queryaudit.errors import MissingExtraError, StoreError
from queryaudit.findings.record import AuditRecord
from queryaudit.stores.encoding import Unpacker, pack

try:
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ImportError as error:
    raise MissingExtraError("a Redis server as QUERYAUDIT['STORE']", "redis") from error

_SECONDS: Final = 1.0  # to connect, and for each answer
_MAX_AGE: Final = 30 * 24 * 60 * 60  # seconds; what a site that is gone has left goes, too


class RedisStore:
    """The last ``keep`` audits of a site, below keys that begin with ``prefix``.

    A list holds their ids, the newest first, and a key each record. Redis keeps the
    order, so that machines need not agree on the time. Sites that share a server are
    told apart by their settings module and SECRET_KEY, which the machines of one site
    have in common; ``?prefix=NAME`` in ``url`` names the site instead. The client opens
    connections of its own in each process and lends each thread one.
    """

    def __init__(self, url: str, keep: int) -> None:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        # What is shown of the address has no user and no password.
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        try:
            self.prefix = f"queryaudit:{options.pop('prefix', '') or _site()}"
            self._redis = Redis.from_url(
                f"{url.partition('?')[0]}?{urlencode(options)}",
                socket_connect_timeout=_SECONDS,
                socket_timeout=_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            # An option that there is not is said now and not with each connection.
            pool = self._redis.connection_pool
            pool.connection_class(**pool.connection_kwargs)
        except (ValueError, TypeError, ImproperlyConfigured) as error:
            raise StoreError(self.url, error) from error
        self._order = f"{self.prefix}:order"
        self._keep = keep
        self._unpack = Unpacker(keep)

    def write(self, record: AuditRecord) -> None:
        """Keep ``record`` and let the oldest go."""
        packed = pack(record)
        with self._asking(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(self._key(record.id), packed, ex=_MAX_AGE)
            pipeline.lrem(self._order, 0, record.id)
            pipeline.lpush(self._order, record.id)
            pipeline.expire(self._order, _MAX_AGE)
            pipeline.lrange(self._order, self._keep, -1)
            pipeline.ltrim(self._order, 0, self._keep - 1)
            *_, fallen, _ = pipeline.execute()
            self._delete(fallen)

    def read(self, audit_id: str) -> AuditRecord | None:
        """Return the record of that id, None where it is not or no longer kept."""
        with self._asking():
            packed = self._redis.get(self._key(audit_id))
        found = self._unpack([cast("bytes | None", packed)])
        return found[0] if found else None

    def recent(self, limit: int = 50) -> list[AuditRecord]:
        """Return up to ``limit`` records, the newest first."""
        if limit < 1:  # which Redis would take for all
            return []
        with self._asking():
            ids = self._redis.lrange(self._order, 0, limit - 1)
            found = self._redis.mget([self._key(one) for one in ids]) if ids else []
        return self._unpack(cast("list[bytes | None]", found))

    def clear(self) -> None:
        """Forget everything."""
        with self._asking(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.lrange(self._order, 0, -1)
            pipeline.delete(self._order)
            ids, _ = pipeline.execute()
            self._delete(ids)

    def _key(self, audit_id: str | bytes) -> str:
        text = audit_id if isinstance(audit_id, str) else audit_id.decode()
        return f"{self.prefix}:audit:{text}"

    def _delete(self, ids: list[bytes]) -> None:
        if ids:
            self._redis.delete(*map(self._key, ids))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            # Of an error in a transaction the client's own words repeat the whole command.
            reason = str(error).rpartition(" of pipeline caused error: ")[2]
            raise StoreError(self.url, reason) from error


def _site() -> str:
    return salted_hmac(
        "queryaudit.stores.redis", str(settings.SETTINGS_MODULE), algorithm="sha256"
    ).hexdigest()[:12]
