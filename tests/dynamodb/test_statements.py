"""What the audit says of PartiQL and of transactions that read."""

from typing import Any

import boto3
import pytest

import queryaudit
from queryaudit.recording.dynamostatements import read_statement
from tests.dynamodb.models import Reading
from tests.dynamodb.test_audits import given, kinds

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def client(dynamodb_server: str) -> Any:
    return boto3.session.Session().client("dynamodb", **given(dynamodb_server))


@pytest.fixture
def table(readings: Any) -> str:
    return str(Reading._get_connection().table_name)


def key(number: int) -> dict[str, Any]:
    return {"sensor": {"S": "s1"}, "number": {"N": str(number)}}


def values(number: int) -> list[dict[str, str]]:
    return list(key(number).values())


def test_statements_in_a_loop(table: str, client: Any) -> None:
    asked = f'SELECT * FROM "{table}" WHERE sensor = ? AND number = ?'
    with queryaudit.audit() as audit:
        for number in range(5):
            client.execute_statement(Statement=asked, Parameters=values(number))
    (finding,) = audit.findings
    assert (finding.kind, finding.count, finding.relation) == ("n_plus_one", 5, "tests.Reading")
    assert "BatchExecuteStatement" in finding.fix
    assert audit.dynamodb.items == 5
    (shape,) = audit.to_record().shapes
    assert shape.sql.endswith(f'· SELECT * FROM "{table}" WHERE sensor = ? AND number = ?')


def test_values_within_statements_are_values(table: str, client: Any) -> None:
    with queryaudit.audit() as audit:
        for number in range(3):
            client.execute_statement(
                Statement=f"SELECT note FROM \"{table}\" WHERE sensor = 's1' AND number = {number}"
            )
    assert kinds(audit) == ["n_plus_one"]
    (shape,) = audit.to_record().shapes
    assert "s1" not in shape.sql
    with queryaudit.audit() as audit:
        for _ in range(2):
            client.execute_statement(
                Statement=f"SELECT note FROM \"{table}\" WHERE sensor = 's1' AND number = 1"
            )
    assert kinds(audit) == ["duplicate"]


def test_pages_of_a_statement_are_no_repeats(table: str, client: Any) -> None:
    asked = {
        "Statement": f'SELECT * FROM "{table}" WHERE sensor = ?',
        "Parameters": [{"S": "s1"}],
        "Limit": 20,
    }
    with queryaudit.audit() as audit:
        answer = client.execute_statement(**asked)
        while "NextToken" in answer:
            answer = client.execute_statement(**asked, NextToken=answer["NextToken"])
    assert audit.dynamodb_calls >= 3
    assert audit.dynamodb.items == 60
    assert kinds(audit) == []


def test_statements_that_write(table: str, client: Any) -> None:
    update = f'UPDATE "{table}" SET note = ? WHERE sensor = ? AND number = ?'
    with queryaudit.audit() as audit:
        for number in range(3):
            client.execute_statement(Statement=update, Parameters=[{"S": "new"}, *values(number)])
    assert kinds(audit) == ["write_in_loop"]


@pytest.mark.parametrize("way", ["statement", "batch", "transaction"])
def test_what_a_statement_wrote_is_no_repeat_when_it_is_read_again(
    table: str, client: Any, way: str
) -> None:
    update = {
        "Statement": f'UPDATE "{table}" SET note = ? WHERE sensor = ? AND number = ?',
        "Parameters": [{"S": "new"}, *values(1)],
    }
    writes = {
        "statement": lambda: client.execute_statement(**update),
        "batch": lambda: client.batch_execute_statement(Statements=[update]),
        "transaction": lambda: client.execute_transaction(TransactStatements=[update]),
    }
    with queryaudit.audit() as audit:
        Reading.objects.get(sensor="s1", number=1)
        writes[way]()
        Reading.objects.get(sensor="s1", number=1)
    assert kinds(audit) == []


def test_batches_of_statements(table: str, client: Any) -> None:
    asked = f'SELECT * FROM "{table}" WHERE sensor = ? AND number = ?'

    def batch(numbers: range) -> Any:
        given = [{"Statement": asked, "Parameters": values(number)} for number in numbers]
        return client.batch_execute_statement(Statements=given)

    with queryaudit.audit() as audit:
        for number in range(3):
            batch(range(number, number + 1))
    assert kinds(audit) == ["n_plus_one"]
    assert audit.dynamodb.items == 3
    with queryaudit.audit() as audit:
        for start in (0, 25):
            batch(range(start, start + 25))  # filled: two cannot be one
    assert kinds(audit) == []
    assert audit.dynamodb.items == 50


def test_transactions_that_read(table: str, client: Any) -> None:
    def transact(*numbers: int) -> None:
        gets = [{"Get": {"TableName": table, "Key": key(number)}} for number in numbers]
        client.transact_get_items(TransactItems=gets)

    for ask, expected in (
        (transact, "n_plus_one"),
        (lambda n: transact(n, n + 10), "n_plus_one"),
        (lambda _: transact(1, 2), "duplicate"),
    ):
        with queryaudit.audit() as audit:
            for number in range(3):
                ask(number)
        assert kinds(audit) == [expected]
    assert audit.dynamodb.items == 6
    with queryaudit.audit() as audit:
        for start in (0, 60):
            transact(*range(start, start + 60))
    assert kinds(audit) == []


@pytest.mark.parametrize(
    ("statement", "table", "index", "text"),
    [
        ("SELECT * FROM Music WHERE a='b''c' AND n IN [1, 2,3]", "Music", "",
         "SELECT * FROM Music WHERE a=? AND n IN [?]"),
        ('select "a 1" from "my.songs"."by-day"\n WHERE x = -1.5e3', "my.songs", "by-day",
         'select "a 1" from "my.songs"."by-day" WHERE x = ?'),
        ("INSERT INTO t2 VALUE {'a': 1}", "t2", "", "INSERT INTO t2 VALUE {?: ?}"),
        ("UPDATE Music SET x1 = 2 WHERE k = ?", "Music", "",
         "UPDATE Music SET x1 = ? WHERE k = ?"),
        ("nothing of this kind", "", "", "nothing of this kind"),
    ],
)  # fmt: skip
def test_statements_without_values(statement: str, table: str, index: str, text: str) -> None:
    assert read_statement(statement)[:3] == (table, index, text)
