"""System checks of the settings and of the models; no server is asked."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core import checks

from queryaudit import conf
from queryaudit.hooks import botocore

# Where problems of these settings stand in their names.
NAMES = ("QUERYAUDIT['DYNAMODB']", "PYDJAMODB_DATABASE")


def check_settings(**_: object) -> list[checks.CheckMessage]:
    """Name what is wrong with ``QUERYAUDIT["DYNAMODB"]`` or ``PYDJAMODB_DATABASE``."""
    return [*_check_keys(), *_check_credentials(), *_check_left_out(), *_check_sessions()]


def _check_keys() -> Iterator[checks.CheckMessage]:
    for problem in conf.problems():
        if not problem.setting.startswith(NAMES):
            continue
        if problem.unknown:
            text, hint = f"{problem.setting} is no setting of DynamoDB.", f"{problem.allowed}."
        else:
            shown = "..." if "SECRET" in problem.setting else repr(problem.value)
            text = f"{problem.setting} is {shown}, which is not allowed."
            hint = f"Allowed: {problem.allowed}."
        number = "E001" if problem.unknown else "E002"
        yield checks.Error(text, hint=hint, id=f"queryaudit.dynamodb.{number}")


def _check_credentials() -> Iterator[checks.CheckMessage]:
    given = conf.get().dynamodb
    if bool(given.aws_access_key_id) != bool(given.aws_secret_access_key):
        missing = "AWS_SECRET_ACCESS_KEY" if given.aws_access_key_id else "AWS_ACCESS_KEY_ID"
        yield checks.Error(
            f"QUERYAUDIT['DYNAMODB'] has one half of the credentials: {missing} is missing.",
            hint="Set both, or neither: botocore then looks in the environment, in its files "
            "and at the machine's role.",
            id="queryaudit.dynamodb.E003",
        )
    if given.host and not given.aws_region:
        yield checks.Warning(
            f"QUERYAUDIT['DYNAMODB']['HOST'] is {given.host!r} and AWS_REGION is not set.",
            hint="botocore signs with a region, also for a server of one's own, which keeps the "
            'tables of each region apart: "eu-west-1" will do.',
            id="queryaudit.dynamodb.W001",
        )


def _check_left_out() -> Iterator[checks.CheckMessage]:
    older: Any = getattr(django_settings, "PYDJAMODB_DATABASE", None)
    left_out = conf.LEFT_OUT & older.keys() if isinstance(older, dict) else set()
    for key in sorted(left_out):
        yield checks.Warning(
            f"PYDJAMODB_DATABASE[{key!r}] is not taken over.",
            hint="A stream is Meta.stream_view_type of a model; recovery to a point in time is "
            "set where the tables are made for production.",
            id="queryaudit.dynamodb.W002",
        )


def _check_sessions() -> Iterator[checks.CheckMessage]:
    count = botocore.unseen()
    if count:
        yield checks.Warning(
            f"{count} session{'s' if count > 1 else ''} of botocore came before the auditor: the "
            "calls of clients made by them are not counted.",
            hint="Make clients when they are first used, not while modules are imported, or list "
            "queryaudit before the app that makes them in INSTALLED_APPS.",
            id="queryaudit.dynamodb.W003",
        )


def register() -> None:
    """Register the checks."""
    checks.register(check_settings, "queryaudit")
