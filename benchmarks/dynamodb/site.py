"""Django on a server of DynamoDB, with a table of readings as ours and as PynamoDB's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

ITEMS: Final = 1_000


@contextmanager
def site(address: str) -> Iterator[None]:
    """Set Django up on the server at ``address`` and fill a table."""
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
    model = models()[0]
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


def models() -> list[Any]:
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
