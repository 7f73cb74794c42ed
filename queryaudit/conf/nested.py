"""The options that are dicts of options themselves."""

import re
from dataclasses import dataclass
from typing import Final

from queryaudit.conf.options import (
    is_address,
    is_bool,
    is_count,
    is_dict_of_text,
    is_seconds,
    is_text,
    option,
)

COHERENCES: Final = ("auto", "local", "sqlite", "postgresql", "redis", "off")
_REDIS: Final = re.compile(r"rediss?://\S+|unix://\S+")


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a thing is a finding: ``QUERYAUDIT["LIMITS"]``."""

    n_plus_one: int = option(2, is_count(2), "a whole number from 2: different rows of one loop")
    slow_ms: float = option(
        100,
        is_seconds,
        "a number over 0: milliseconds of one query",
    )
    full_scan_rows: int = option(10_000, is_count(1), "a whole number from 1: rows of a table")
    unbounded_pages: int = option(2, is_count(2), "a whole number from 2: pages of one query")
    filter_waste: float = option(
        10,
        lambda value: isinstance(value, (int, float)) and not is_bool(value) and value > 1,
        "a number over 1: items that DynamoDB reads for each one it returns",
    )


@dataclass(frozen=True, slots=True)
class Advice:
    """What has to be counted before a tool of the package is advised: ``QUERYAUDIT["ADVICE"]``."""

    max_rows: int = option(1_000, is_count(1), "a whole number from 1: rows of a small table")
    min_requests: int = option(20, is_count(1), "a whole number from 1: requests that read it")
    min_reads_per_write: int = option(100, is_count(1), "a whole number from 1: reads a write")
    min_queries: int = option(
        10, is_count(2), "a whole number from 2: queries of a loop that another tool would spare"
    )


@dataclass(frozen=True, slots=True)
class DynamoDB:
    """Where DynamoDB is and how long it may take: ``QUERYAUDIT["DYNAMODB"]``."""

    host: str = option("", is_address, '"" (Amazon), or an address, "http://127.0.0.1:8000"')
    aws_access_key_id: str = option("", is_text, '"" (as botocore finds it), or a key')
    aws_secret_access_key: str = option("", is_text, '"" (as botocore finds it), or a secret')
    aws_session_token: str = option("", is_text, '"", or a token of temporary keys')
    aws_region: str = option("", is_text, '"" (as botocore finds it), or a region, "eu-west-1"')
    table_prefix: str = option(
        "",
        lambda value: (
            is_text(value) and re.fullmatch(r"[\w.-]{0,200}", value, re.ASCII) is not None
        ),
        "letters, digits and _ . -: what stands before the name of each table, with a hyphen",
    )
    billing_mode: str = option(
        "PAY_PER_REQUEST",
        {"PAY_PER_REQUEST", "PROVISIONED"}.__contains__,
        '"PAY_PER_REQUEST" or "PROVISIONED"',
    )
    tags: dict[str, str] = option(
        {}, is_dict_of_text, 'a dict of texts, {"team": "shop"}; {table_name} is filled in'
    )
    connect_timeout: float = option(1, is_seconds, "a number over 0: seconds")
    read_timeout: float = option(2, is_seconds, "a number over 0: seconds")


@dataclass(frozen=True, slots=True)
class MasterData:
    """How master data is held: ``QUERYAUDIT["MASTERDATA"]``."""

    coherence: str = option(
        "auto",
        lambda value: isinstance(value, str) and value in COHERENCES,
        ", ".join(COHERENCES),
    )
    url: str = option(
        "",
        lambda value: isinstance(value, str) and (not value or bool(_REDIS.fullmatch(value))),
        'the address of a Redis server: "redis://HOST:PORT/NUMBER", "rediss://...", '
        '"unix:///PATH"; or ""',
    )
    alias: str = option(
        "",
        lambda value: isinstance(value, str),
        'an alias of DATABASES that goes past a pooler; or ""',
    )
    max_rows: int = option(100_000, is_count(1), "a whole number from 1: rows of one table")
    max_bytes: int = option(
        256 * 2**20, is_count(1), "a whole number from 1: bytes of all rows of a process"
    )
    ttl: float | None = option(
        None,
        lambda value: (
            value is None or (isinstance(value, (int, float)) and not is_bool(value) and value > 0)
        ),
        "None, or a number over 0: seconds",
    )
    environment: str | None = option(
        None, lambda value: value is None or isinstance(value, str), "None, or a name"
    )
