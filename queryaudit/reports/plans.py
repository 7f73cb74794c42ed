"""The plan of a kept statement, where its parameters were kept."""

from typing import NamedTuple

from queryaudit.capture.plans import PlanError, plan_of
from queryaudit.findings.shapes import Shape


class Plan(NamedTuple):
    """What the database answers, or why it was not asked."""

    text: str
    error: str = ""


def is_offered(shape: Shape) -> bool:
    """Return whether the plan of a shape can be asked for."""
    return shape.example is not None and shape.example.is_whole


def explain(shape: Shape) -> Plan:
    """Ask the database, on the running thread's connection; nothing of the statement is run."""
    if shape.example is None:
        return Plan("", "A plan needs parameters, which are kept with QUERYAUDIT['PARAMS'] = True.")
    if not shape.example.is_whole:
        return Plan("", "A plan needs all parameters; some of these are masked or cut.")
    try:
        return Plan(plan_of(shape.alias, shape.example.sql, shape.example.params))
    except PlanError as error:
        return Plan("", str(error))
