"""What the audit says of calls of DynamoDB, whoever makes them."""

import asyncio
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import BotoCoreError
from botocore.stub import Stubber
from django.conf import settings
from django.test import override_settings
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

import queryaudit
from queryaudit import conf
from queryaudit.findings.record import AuditRecord
from queryaudit.reports import console, html, json
from queryaudit.reports.server_timing import audit_header, server_timing
from queryaudit.reports.words import bytes_text, figures_text
from tests.dynamodb.conftest import SETTINGS, run_apart
from tests.dynamodb.models import Dated, Reading

pytestmark = pytest.mark.usefixtures("tables")


def kinds(audit: queryaudit.Audit) -> list[str]:
    return [finding.kind for finding in audit.findings]


@pytest.fixture
def client(dynamodb_server: str) -> Any:
    return boto3.session.Session().client("dynamodb", **given(dynamodb_server))


def given(address: str) -> dict[str, str]:
    return {
        "endpoint_url": address,
        "region_name": SETTINGS["AWS_REGION"],
        "aws_access_key_id": SETTINGS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": SETTINGS["AWS_SECRET_ACCESS_KEY"],
    }


def test_gets_in_a_loop_and_one_batch(readings: Any) -> None:
    with queryaudit.audit() as audit:
        for number in range(30):
            Reading.objects.get(sensor="s1", number=number)  # here
    assert audit.dynamodb_calls == 30
    assert audit.dynamodb_capacity_units == 15.0  # half a unit each
    assert audit.query_count == 0
    (finding,) = audit.findings
    assert (finding.kind, finding.count, finding.calls_left) == ("n_plus_one", 30, 1)
    assert "in_bulk(keys)" in finding.fix
    assert "range of number" in finding.fix
    assert finding.used_at is not None
    assert finding.used_at.text.endswith("# here")
    assert finding.price[5] == (0.15, 0.005)
    assert audit.expected_count == 0
    with queryaudit.audit() as audit:
        Reading.objects.in_bulk([("s1", number) for number in range(30)])
    assert (audit.dynamodb_calls, kinds(audit)) == (1, [])


def test_queries_in_a_loop(readings: Any) -> None:
    with queryaudit.audit() as audit:
        for number in range(5):
            list(Reading.objects.filter(sensor="s1", number__gt=number))
    assert kinds(audit) == ["n_plus_one"]
    with queryaudit.audit() as audit:
        list(Reading.objects.filter(sensor="s1", number__between=(0, 5)))
    assert kinds(audit) == []


def test_pages_are_no_repeats(readings: Any) -> None:
    with queryaudit.audit() as audit:
        key = None
        while True:
            page = Reading.objects.filter(sensor="s1").set_limit(10).set_last_evaluated_key(key)
            key = page.last_evaluated_key
            if key is None:
                break
    assert audit.dynamodb_calls > 5
    assert kinds(audit) == []


def test_a_helper_called_from_two_lines_is_no_loop(readings: Any) -> None:
    def one(number: int) -> Any:
        return Reading.objects.get(sensor="s1", number=number)

    with queryaudit.audit() as audit:
        one(1)
        one(2)
    assert kinds(audit) == []


def test_the_same_key_twice_and_a_write_between(readings: Any) -> None:
    with queryaudit.audit() as audit:
        for _ in range(2):
            first = Reading.objects.get(sensor="s1", number=1)
    assert kinds(audit) == ["duplicate"]
    assert audit.findings[0].calls_left == 1
    with queryaudit.audit() as audit:
        for _ in range(2):
            Reading.objects.get(sensor="s1", number=1)
            first.save()
    assert "duplicate" not in kinds(audit)


def test_writes_in_a_loop() -> None:
    made = [Dated(code="a", day=str(n)) for n in range(30)]
    with queryaudit.audit() as audit:
        for one in made:
            one.save()
    (finding,) = audit.findings
    assert (finding.kind, finding.count, finding.calls_left) == ("write_in_loop", 30, 2)
    assert "bulk_create(objects)" in finding.fix
    with queryaudit.audit() as audit:
        Dated.objects.bulk_create(made)
    assert (audit.dynamodb_calls, kinds(audit)) == (2, [])


def test_scans(readings: Any) -> None:
    with queryaudit.audit() as audit:
        Reading.objects.scan().filter(day="d1").count()
    (finding,) = audit.findings
    assert finding.kind == "full_scan"
    assert "60 items read, 20 kept" in finding.fix
    with queryaudit.audit() as audit:
        list(Reading.days.filter(day="d1"))
    assert kinds(audit) == []


def test_unbounded_queries_and_limits() -> None:
    text = "x" * 100_000
    Reading.objects.bulk_create(Reading(sensor="big", number=n, note=text) for n in range(25))
    with queryaudit.audit() as audit:
        list(Reading.objects.filter(sensor="big"))
    assert kinds(audit) == ["unbounded_query"]
    assert "3 pages" in audit.findings[0].fix
    with queryaudit.audit() as audit:
        list(Reading.objects.filter(sensor="big").set_limit(12))
        Reading.objects.filter(sensor="big").count()
    assert kinds(audit) == []
    with queryaudit.audit() as audit:
        list(Reading.objects.filter(sensor="big", day="never"))
    assert kinds(audit) == ["filter_waste"]
    assert "25 items read for 0" in audit.findings[0].fix
    assert "units in vain" in audit.findings[0].fix


def test_boto3_and_plain_pynamodb_are_seen(
    readings: Any, client: Any, dynamodb_server: str
) -> None:
    table = Reading._get_connection().table_name

    class Plain(Model):
        class Meta:
            table_name = table
            host = dynamodb_server
            region = SETTINGS["AWS_REGION"]
            aws_access_key_id = SETTINGS["AWS_ACCESS_KEY_ID"]
            aws_secret_access_key = SETTINGS["AWS_SECRET_ACCESS_KEY"]

        sensor = UnicodeAttribute(hash_key=True)
        number = NumberAttribute(range_key=True)

    resource = boto3.session.Session().resource("dynamodb", **given(dynamodb_server))
    ways: list[Callable[[int], Any]] = [
        lambda n: Plain.get("s1", n),
        lambda n: client.get_item(
            TableName=table, Key={"sensor": {"S": "s1"}, "number": {"N": str(n)}}
        ),
        lambda n: resource.Table(table).get_item(Key={"sensor": "s1", "number": n}),
        lambda n: resource.Table(table).query(
            KeyConditionExpression=Key("sensor").eq("s1") & Key("number").eq(n)
        ),
    ]
    for way in ways:
        with queryaudit.audit() as audit:
            for number in range(3):
                way(number)
        assert (audit.dynamodb_calls, kinds(audit)) == (3, ["n_plus_one"])
    text = audit.to_record().shapes[0].sql
    assert text == "Query tests.Reading · (sensor = ? AND number = ?)"


def test_answers_are_not_altered(readings: Any, client: Any) -> None:
    table = Reading._get_connection().table_name
    asked = {"TableName": table, "Key": {"sensor": {"S": "s1"}, "number": {"N": "1"}}}
    bare = client.get_item(**asked)
    with queryaudit.audit() as audit:
        audited = client.get_item(**asked)
    for answer in (bare, audited):
        answer.pop("ResponseMetadata")
    assert bare == audited
    assert "ConsumedCapacity" not in audited
    assert audit.dynamodb_capacity_units == 0.0
    assert audit.dynamodb.capacity_units is None
    assert audit.dynamodb_calls == 1


def test_errors_are_counted(client: Any) -> None:
    with queryaudit.audit() as audit:
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_item(TableName="nowhere", Key={"a": {"S": "b"}})
    assert audit.dynamodb_calls == 1


def test_lines_of_async_callers(readings: Any) -> None:
    async def page() -> None:
        for number in range(3):
            await Reading.objects.aget(sensor="s1", number=number)  # awaits

    with queryaudit.audit() as audit:
        run_apart(page())
    (finding,) = audit.findings
    assert (finding.kind, finding.count) == ("n_plus_one", 3)
    assert finding.used_at is not None
    assert finding.used_at.text.endswith("# awaits")


def test_lines_of_gathered_calls(readings: Any) -> None:
    async def page() -> None:
        calls = [Reading.objects.aget(sensor="s1", number=number) for number in range(3)]
        await asyncio.gather(*calls)

    with queryaudit.audit() as audit:
        run_apart(page())
    assert audit.dynamodb_calls == 3
    (finding,) = audit.findings
    assert finding.used_at is not None
    assert "gather" in finding.used_at.text


def test_it_is_shown_beside_sql(readings: Any) -> None:
    with queryaudit.audit(label="page") as audit:
        for number in range(4):
            Reading.objects.get(sensor="s1", number=number)
    record = audit.to_record()
    figures = record.dynamodb
    assert (figures.calls, figures.items, figures.capacity_units) == (4, 4, 2.0)
    assert 400 < figures.bytes < 2_000
    text = console.render(record)
    assert text.startswith(
        "page: 0 queries, 0.0 ms in the database, 4 DynamoDB calls, 4 items, "
        f"{bytes_text(figures.bytes)}, 2 units, "
    )
    assert "4 -> 1 call, 20 ms -> 5 ms at 5 ms a round trip" in text
    shown = html.render(record)
    assert "4 DynamoDB calls, 4 items" in shown
    assert "4 → 1 call" in shown
    (shape,) = record.shapes
    assert (shape.alias, shape.count, shape.figures) == ("dynamodb", 4, figures)
    assert str(shape.place).startswith("tests/dynamodb/test_audits.py:")
    assert figures_text(figures) in shown
    assert set(shape.lane) != {"0"}
    assert json.parse(json.render(record)) == record
    assert AuditRecord.from_dict(record.to_dict()) == record


def test_ignores(readings: Any) -> None:
    with queryaudit.audit() as audit:
        with queryaudit.ignore(reason="four at most"):
            for number in range(4):
                Reading.objects.get(sensor="s1", number=number)
    assert (kinds(audit), [one.kind for one in audit.ignored]) == ([], ["n_plus_one"])
    with queryaudit.audit() as audit:
        for number in range(4):
            Reading.objects.get(sensor="s1", number=number)  # queryaudit: ignore[n_plus_one] few
    assert kinds(audit) == []
    assert not any(use.is_stale for use in audit.ignores)


def test_audits_inside_audits_add_up(readings: Any) -> None:
    with queryaudit.audit() as outer:
        with queryaudit.audit():
            for number in range(3):
                Reading.objects.get(sensor="s1", number=number)
        Reading.objects.get(sensor="s1", number=9)
    assert (outer.dynamodb_calls, kinds(outer)) == (4, ["n_plus_one"])
    assert {shape.count for shape in outer.to_record().shapes} == {4}


def test_many_shapes_are_bounded(readings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queryaudit.recording.dynamodb.MAX_SHAPES", 3)
    attributes = ["day", "temperature", "note", "is_checked"]
    with queryaudit.audit() as audit:
        for name in attributes:
            list(Reading.objects.filter(sensor="s1").values_list(name))
    assert audit.dynamodb_calls == 4
    assert audit.to_record().is_cut


def test_figures_of_reads_filters_batches_and_writes(readings: Any) -> None:
    with queryaudit.audit() as audit:
        list(Reading.objects.filter(sensor="s1", day="d1"))
    figures = audit.dynamodb
    assert (figures.calls, figures.items, figures.retries) == (1, 20, 0)
    assert figures.capacity_units
    assert figures.wasted_units == pytest.approx(figures.capacity_units * 40 / 60)
    with queryaudit.audit() as audit:
        Reading.objects.in_bulk([("s1", number) for number in range(150)])
        Reading.objects.bulk_create(Reading(sensor="s2", number=number) for number in range(30))
    assert (audit.dynamodb.calls, audit.dynamodb.items) == (4, 60)
    assert audit.dynamodb.wasted_units is None


def test_prices_and_headers_count_calls(readings: Any) -> None:
    with queryaudit.audit() as audit:
        for number in range(40):
            Reading.objects.get(sensor="s1", number=number)
        Reading.objects.filter(sensor="s1").count()
    assert audit.query_count == 0
    assert audit.price[5] == (0.205, 0.01)  # 41 calls, of which 40 become one
    assert audit.to_record().price == audit.price
    assert "dynamodb;dur=" in server_timing(audit)
    assert 'desc="41 calls"' in server_timing(audit)
    assert f"q=0; d=41; f={len(audit.findings)}" in audit_header(audit)


def test_findings_name_the_model_and_tables_of_none(readings: Any, client: Any) -> None:
    with queryaudit.audit() as audit:
        for number in range(3):
            Reading.objects.get(sensor="s1", number=number)
    assert audit.findings[0].relation == "tests.Reading"
    client.create_table(
        TableName="my-own.songs",
        KeySchema=[{"AttributeName": "code", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "code", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def loop() -> None:
        for code in "abc":
            client.get_item(TableName="my-own.songs", Key={"code": {"S": code}})

    with queryaudit.audit() as audit:
        loop()
    assert audit.findings[0].relation == "dynamodb.my-own.songs"
    with queryaudit.audit() as audit:
        with queryaudit.ignore("dynamodb.my-own.songs", reason="three at most"):
            loop()
    assert (kinds(audit), len(audit.ignored)) == ([], 1)
    ignored = {"dynamodb.my-own.songs": "three at most", "tests.Reading": "few"}
    with override_settings(QUERYAUDIT={**settings.QUERYAUDIT, "IGNORE": ignored}):
        assert not conf.problems()
        with queryaudit.audit() as audit:
            loop()
            for number in range(3):
                Reading.objects.get(sensor="s1", number=number)
    assert (kinds(audit), len(audit.ignored)) == ([], 2)


def test_names_and_keys_that_the_site_changes_in_place(readings: Any, client: Any) -> None:
    table = Reading._get_connection().table_name
    key = {"sensor": {"S": "s1"}, "number": {"N": "1"}}
    names = {"#a": "note"}
    with queryaudit.audit() as audit:
        for number in range(3):
            key["number"]["N"] = str(number)
            client.get_item(TableName=table, Key=key)
        for name in ("note", "day"):
            names["#a"] = name
            client.get_item(
                TableName=table, Key=key, ProjectionExpression="#a", ExpressionAttributeNames=names
            )
    assert kinds(audit) == ["n_plus_one"]
    assert [shape.count for shape in audit.to_record().shapes if "fields" in shape.sql] == [1, 1]


def test_loops_of_many_calls_are_counted_whole(readings: Any) -> None:
    with queryaudit.audit() as audit:
        for number in range(150):
            Reading.objects.filter(sensor="s1", number=number % 60).first()
        for _ in range(100):
            Reading.objects.get(sensor="s1", number=1)  # the same
    found = {finding.kind: finding for finding in audit.findings}
    assert found["n_plus_one"].count == 150
    assert found["duplicate"].count == 100
    assert audit.dynamodb.items == 250
    assert audit.dynamodb.capacity_units == 125.0


def test_conditions_as_they_were_before_expressions(readings: Any, client: Any) -> None:
    table = Reading._get_connection().table_name
    with queryaudit.audit() as audit:
        for number in range(3):
            values = {"sensor": "S", "number": "N"}
            given = {"sensor": "s1", "number": str(number)}
            client.query(
                TableName=table,
                KeyConditions={
                    name: {
                        "AttributeValueList": [{values[name]: given[name]}],
                        "ComparisonOperator": "EQ",
                    }
                    for name in given
                },
            )
    assert kinds(audit) == ["n_plus_one"]
    (shape,) = audit.to_record().shapes
    assert shape.sql == "Query tests.Reading · sensor EQ ? AND number EQ ?"


def test_bytes_are_counted_of_answers_in_pieces(readings: Any) -> None:
    text = "x" * 300_000
    Reading.objects.bulk_create(Reading(sensor="big", number=n, note=text) for n in range(4))
    with queryaudit.audit() as audit:
        list(Reading.objects.filter(sensor="big"))
    assert audit.dynamodb.bytes > 4 * 300_000


def test_transactions_count_as_writes_to_their_tables(readings: Any, client: Any) -> None:
    table = Reading._get_connection().table_name
    key = {"sensor": {"S": "s1"}, "number": {"N": "1"}}
    with queryaudit.audit() as audit:
        for _ in range(2):
            client.get_item(TableName=table, Key=key)
            item = {**key, "note": {"S": "new"}}
            client.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item}}])
    assert "duplicate" not in kinds(audit)


def test_answers_of_a_stand_in_for_the_server_were_no_retries() -> None:
    client = boto3.session.Session().client("dynamodb", **given("http://127.0.0.1:9"))
    with queryaudit.audit() as audit, Stubber(client) as stubber:
        for number in range(40):
            stubber.add_response("get_item", {"Item": {"song": {"S": "a"}}})
            client.get_item(TableName="plays", Key={"song": {"S": str(number)}})
    figures = audit.dynamodb
    assert (figures.calls, figures.items, figures.retries, figures.bytes) == (40, 40, 0, 0)


def test_a_call_that_botocore_refuses_is_no_fault_of_the_auditor(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = boto3.session.Session().client("dynamodb", **given("http://127.0.0.1:9"))
    with queryaudit.audit() as audit, Stubber(client) as stubber:
        stubber.add_response("get_item", {})
        client.get_item(TableName="plays", Key={"song": {"S": "a"}})
        with pytest.raises(BotoCoreError):
            client.get_item(TableName=["plays"], Key={"song": {"S": "a"}})
    assert audit.dynamodb.calls == 1
    assert not caplog.records
