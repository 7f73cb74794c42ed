"""The ways to read a page of items, and items by key."""

import http.client
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.dynamodb.site import ITEMS, models

KEYS: Final = 100
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


def page_ways(address: str) -> dict[str, Callable[[], Any]]:
    """Return the ways to read a page, the floor first."""
    import boto3  # noqa: PLC0415
    from boto3.dynamodb.conditions import Key  # noqa: PLC0415

    ours, theirs = models()
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


def key_ways(address: str) -> dict[str, Callable[[], Any]]:
    """Return the ways to read some items by key."""
    ours, theirs = models()
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
