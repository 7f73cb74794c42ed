"""Measure reads of DynamoDB: ``make bench-dynamodb``, or with ``ARGS="--quick --json FILE"``.

Each way reads the same items of the same server in turns. The floor is the answer's bytes by
``http.client``, with a request that was signed before; every figure is of wall time, the best of
the rounds, since another process's work only adds to it. The client's own CPU time stands beside.
It is a measurement and no test: the exit code is 0 whatever the figures are.
"""

import argparse
import gc
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any, Final
from urllib.parse import urlsplit

ITEMS: Final = 1_000
KEYS: Final = 100
PREFIX: Final = "bench_"


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables and write the raw figures where they are asked for."""
    parser = argparse.ArgumentParser(prog="dynamodb", description="Measure reads of DynamoDB.")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    options = parser.parse_args(arguments)
    from tests import dynamodb_local  # noqa: PLC0415  # the server of the tests

    rounds = 3 if options.quick else 25
    with dynamodb_local.serving() as address, _site(address):
        pages = _measure(_page_ways(address), rounds)
        keys = _measure(_key_ways(address), max(2, rounds // 3))
        audit = _measure_audit(20 if options.quick else 400, rounds)
    _print(pages, keys, audit)
    if options.json is not None:
        found = {"page": pages, "keys": keys, "audit_us": audit}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


@contextmanager
def _site(address: str) -> Iterator[None]:
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    settings.configure(
        QUERYAUDIT={
            "DYNAMODB": {
                "HOST": address,
                "AWS_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "TABLE_PREFIX": "bench",
            }
        }
    )
    django.setup()
    # As in a site: the auditor stands there before the first session is made.
    from queryaudit import capture  # noqa: PLC0415

    capture.install()
    model = _models()[0]
    model.create_table(wait=True)
    model.objects.bulk_create(
        model(
            sensor="s1",
            number=n,
            name=f"reading {n}",
            place=f"hall {n % 7}",
            value=n / 3,
            is_checked=n % 2 == 0,
            at=datetime(2025, 1, 1, tzinfo=UTC),
            note="x" * 120,
        )
        for n in range(ITEMS)
    )
    yield


_made: list[Any] = []


def _models() -> list[Any]:
    """Return our model and PynamoDB's own of the same table."""
    if _made:
        return _made
    from django.conf import settings  # noqa: PLC0415
    from pynamodb import attributes  # noqa: PLC0415
    from pynamodb.models import Model  # noqa: PLC0415

    from queryaudit.dynamodb import DynamoModel  # noqa: PLC0415

    def body() -> dict[str, Any]:
        return {
            "__module__": __name__,
            "sensor": attributes.UnicodeAttribute(hash_key=True),
            "number": attributes.NumberAttribute(range_key=True),
            "name": attributes.UnicodeAttribute(),
            "place": attributes.UnicodeAttribute(),
            "value": attributes.NumberAttribute(),
            "is_checked": attributes.BooleanAttribute(),
            "at": attributes.UTCDateTimeAttribute(),
            "note": attributes.UnicodeAttribute(null=True),
        }

    given = settings.QUERYAUDIT["DYNAMODB"]
    plain = {
        "table_name": "bench-readings",
        "host": given["HOST"],
        "region": given["AWS_REGION"],
        "aws_access_key_id": "bench",
        "aws_secret_access_key": "bench",
    }
    make: Any = type
    ours = make(DynamoModel)(
        "Reading", (DynamoModel,), {**body(), "Meta": type("Meta", (), {"table_name": "readings"})}
    )
    theirs = make(Model)("Plain", (Model,), {**body(), "Meta": type("Meta", (), plain)})
    _made.extend([ours, theirs])
    return _made


_QUERY: Final = {
    "TableName": "bench-readings",
    "KeyConditionExpression": "sensor = :s",
    "ExpressionAttributeValues": {":s": {"S": "s1"}},
}


def _client(address: str) -> Any:
    from botocore.session import get_session  # noqa: PLC0415

    return get_session().create_client(
        "dynamodb",
        region_name="eu-west-1",
        endpoint_url=address,
        aws_access_key_id="bench",
        aws_secret_access_key="bench",  # noqa: S106  # of a server of our own
    )


def _bytes(address: str, target: str, payload: dict[str, Any]) -> Callable[[], bytes]:
    """Return what reads an answer as bytes, on a connection that is kept, signed once."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415
    from botocore.credentials import Credentials  # noqa: PLC0415

    body = json.dumps(payload)
    request = AWSRequest(
        method="POST",
        url=f"{address}/",
        data=body,
        headers={
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{target}",
        },
    )
    SigV4Auth(Credentials("bench", "bench"), "dynamodb", "eu-west-1").add_auth(request)
    headers = dict(request.headers.items())
    connection = http.client.HTTPConnection(urlsplit(address).netloc)

    def read() -> bytes:
        connection.request("POST", "/", body, headers)
        return connection.getresponse().read()

    return read


def _page_ways(address: str) -> dict[str, Callable[[], Any]]:
    import boto3  # noqa: PLC0415
    from boto3.dynamodb.conditions import Key  # noqa: PLC0415

    ours, theirs = _models()
    client = _client(address)
    table = boto3.session.Session().resource(
        "dynamodb",
        region_name="eu-west-1",
        endpoint_url=address,
        aws_access_key_id="bench",
        aws_secret_access_key="bench",  # noqa: S106
    )
    readings = table.Table("bench-readings")
    # PynamoDB asks what a call consumed, and so does the floor of what is built on it.
    floor = _bytes(address, "Query", {**_QUERY, "ReturnConsumedCapacity": "TOTAL"})
    ways: dict[str, Callable[[], Any]] = {
        "bytes only (floor)": floor,
        "+ json.loads": lambda: json.loads(floor())["Items"],
        "botocore": lambda: client.query(**_QUERY)["Items"],
        "boto3 resource": lambda: readings.query(KeyConditionExpression=Key("sensor").eq("s1"))[
            "Items"
        ],
        "PynamoDB": lambda: list(theirs.query("s1")),
        "ours, instances": lambda: list(ours.objects.filter(sensor="s1")),
        "ours, values()": lambda: list(ours.objects.filter(sensor="s1").values()),
        "ours, values_list()": lambda: list(ours.objects.filter(sensor="s1").values_list()),
        "ours, values_list(2 of 8)": lambda: list(
            ours.objects.filter(sensor="s1").values_list("number", "value")
        ),
    }
    for name, read in ways.items():
        assert name == "bytes only (floor)" or len(read()) == ITEMS, name  # noqa: S101
    return ways


def _key_ways(address: str) -> dict[str, Callable[[], Any]]:
    ours, theirs = _models()
    client = _client(address)
    numbers = range(0, ITEMS, ITEMS // KEYS)
    items = [{"sensor": {"S": "s1"}, "number": {"N": str(n)}} for n in numbers]
    return {
        "ours, in_bulk": lambda: ours.objects.in_bulk([("s1", n) for n in numbers]),
        "ours, 100 gets": lambda: [ours.objects.get(sensor="s1", number=n) for n in numbers],
        "PynamoDB, batch_get": lambda: list(theirs.batch_get([("s1", n) for n in numbers])),
        "PynamoDB, 100 gets": lambda: [theirs.get("s1", n) for n in numbers],
        "botocore, 100 gets": lambda: [
            client.get_item(TableName="bench-readings", Key=key) for key in items
        ],
    }


def _measure(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, dict[str, float]]:
    """Return for each way the best wall and CPU time of a call, in ms."""
    for read in ways.values():
        for _ in range(3):
            read()
    gc.collect()
    gc.freeze()
    best = {name: {"wall": 1e9, "cpu": 1e9} for name in ways}
    for number in range(rounds):
        turns = list(ways.items())
        for name, read in turns if number % 2 else reversed(turns):
            wall, cpu = perf_counter(), thread_time()
            read()
            found = {"wall": perf_counter() - wall, "cpu": thread_time() - cpu}
            for clock, seconds in found.items():
                best[name][clock] = min(best[name][clock], seconds * 1000)
    return best


def _measure_audit(calls: int, rounds: int) -> dict[str, float]:
    """Return the auditor's own time of a call in microseconds: clocked around its two handlers."""
    import queryaudit  # noqa: PLC0415
    from benchmarks.clocks import unseen  # noqa: PLC0415
    from queryaudit.capture import dynamodb  # noqa: PLC0415

    ours, _ = _models()
    watcher = dynamodb._watcher  # noqa: SLF001
    spent = [0.0]

    def clocked(handler: Callable[..., None]) -> Callable[..., None]:
        @unseen
        def clock(*args: Any) -> None:
            begin = perf_counter()
            handler(*args)
            spent[0] += perf_counter() - begin

        return clock

    found = {}
    for name, change in (("one loop", 1), ("one key", 0)):
        best = 1e9
        for _ in range(max(2, rounds // 3)):
            spent[0] = 0.0
            with queryaudit.audit():
                watcher.begin = clocked(type(watcher).begin.__get__(watcher))  # type: ignore[method-assign]
                watcher.end = clocked(type(watcher).end.__get__(watcher))  # type: ignore[method-assign]
                for number in range(calls):
                    ours.objects.get(sensor="s1", number=number * change)
                del watcher.begin, watcher.end
            best = min(best, spent[0] / calls * 1e6)
        found[name] = best
    return found


def _print(
    pages: dict[str, dict[str, float]], keys: dict[str, dict[str, float]], audit: dict[str, float]
) -> None:
    from benchmarks.goals import Goal  # noqa: PLC0415
    from benchmarks.table import table  # noqa: PLC0415

    floor = pages["bytes only (floor)"]["wall"]
    print(f"{ITEMS:,} items of eight attributes, one page; best of the rounds.")
    rows = (
        [name, f"{found['wall']:.1f}", f"{found['wall'] / floor:.2f}", f"{found['cpu']:.1f}"]
        for name, found in pages.items()
    )
    print(table(("way", "wall ms", "to floor", "CPU ms"), rows))
    batch = keys["ours, in_bulk"]["wall"]
    print(f"\n{KEYS} items by key; best of the rounds.")
    rows = (
        [name, f"{found['wall']:.1f}", f"{found['wall'] / batch:.1f}"]
        for name, found in keys.items()
    )
    print(table(("way", "wall ms", "to in_bulk"), rows))
    goals = [
        Goal("instances to the floor", 2.0, pages["ours, instances"]["wall"] / floor),
        Goal("values_list to the floor", 2.0, pages["ours, values_list()"]["wall"] / floor),
        Goal("one batch to our 100 gets", 1 / 14, batch / keys["ours, 100 gets"]["wall"]),
        *(Goal(f"the audit's own us a call, {k}", 7.0, figure) for k, figure in audit.items()),
    ]
    print()
    lines = ([g.what, f"{g.limit:.3g}", f"{g.figure:.3f}", g.verdict] for g in goals)
    print(table(("goal", "at most", "measured", "reached"), lines))


if __name__ == "__main__":
    main()
