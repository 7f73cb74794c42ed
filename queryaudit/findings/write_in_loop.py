"""Rows written one by one where one statement writes them all.

All writes of one own line are one finding, named by the last model written: a child
table, the end of a cascade. Look-ups of the same line belong to it.
"""

import ast
from collections import defaultdict
from typing import Final

from queryaudit.findings.base import Context, Found
from queryaudit.findings.batches import spared
from queryaudit.findings.calls import call_at, loop_names
from queryaudit.findings.facts import Facts
from queryaudit.findings.models import is_async, manager_of, model_of, owners
from queryaudit.findings.questions import question_of, varied_columns
from queryaudit.findings.uses import at_use
from queryaudit.findings.variation import roles_of
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.ledger import READS, WRITES, Group

_ASYNC: Final = {f"a{name}": name for name in ("add", "remove", "set", "save", "get_or_create")}
# Django writes them on its own account: a login saves its session several times.
_DJANGOS: Final = {"sessions.Session", "contenttypes.ContentType"}


def find_writes(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each line that writes rows one by one."""
    at_place: defaultdict[AnyPlace, list[Group]] = defaultdict(list)
    for group in facts.recorder.ledger.groups.values():
        at_place[group.place].append(group)
    written: defaultdict[AnyPlace, list[Group]] = defaultdict(list)
    for loop in facts.loops_of(WRITES):
        written[loop.place] += loop.groups
    for place in facts.read_to_write - written.keys():
        # What is written varies in number, as by set(): that it is a loop, the reads tell.
        written[place] = [group for group in at_place[place] if group.query.word in WRITES]
    for place, groups in written.items():
        written[place] = [group for group in groups if group.model not in _DJANGOS]
    return [_finding(place, groups, at_place[place]) for place, groups in written.items() if groups]


def _finding(place: AnyPlace, groups: list[Group], around: list[Group]) -> Found:
    """Return the finding of the writes ``groups``; ``around`` is all that the line asks."""
    last = _root(groups)
    asked = [group for group in around if group.query.word in READS]
    fix = _fix(last, around)
    return at_use(
        "write_in_loop",
        (place,),
        names=(last.query.word, last.model or ""),
        relation=last.model,
        count=sum(group.count for group in (*groups, *asked)),
        duration=sum(group.seconds for group in groups),
        fix=fix,
        saves=spared(last, around, fix),
        asked=groups,
    )


def _root(groups: list[Group]) -> Group:
    """Return the group that the writes are about: the last, of a cascade its beginning."""
    deleted = [group for group in groups if group.query.word == "DELETE"]
    if len(deleted) != len(groups):
        return groups[-1]
    labels = {group.model or "" for group in deleted}
    roots = [
        group for group in deleted if not ((labels - {group.model}) & owners(group.model or ""))
    ]
    return [*deleted, *roots][-1]


def _fix(group: Group, around: list[Group]) -> str:  # noqa: PLR0911  # a table of answers
    """Return the code that writes all rows; ``around`` are all statements there."""
    words = {group.query.word for group in around}
    if group.model is None or group.key is None:
        return "cursor.executemany(sql, rows)"
    manager = manager_of(group.model)
    a = "a" if is_async(group.place) else ""
    call = call_at(group.place)
    if _is_between(group.model):
        return _fix_set(group, call)
    if call is not None and _method(call) == "get_or_create":
        names = [word.arg for word in call.keywords if word.arg and word.arg != "defaults"]
        found = f"{manager}.filter({names[0] if names else '...'}__in=values)"
        return f"{found}, then {manager}.{a}bulk_create(rows that are missing)"
    if {"INSERT", "UPDATE"} <= words:
        if call is not None and _method(call) == "save" and _are_new(around):
            return f"{manager}.{a}bulk_create(rows)"
        return f"{manager}.{a}bulk_create(rows, update_conflicts=True, ...)"
    if group.query.word == "INSERT":
        return f"{manager}.{a}bulk_create(rows)"
    if group.query.word == "DELETE":
        return f"{_rows(group, around)}.{a}delete()"
    if "SET" in {role for _, role in _varying(group)}:
        return f"{manager}.{a}bulk_update(rows, fields)"
    return f"{_rows(group, around)}.{a}update(...)"


def _are_new(around: list[Group]) -> bool:
    """Return whether save() inserted every row: it tries an UPDATE first where a key is given."""
    counts = {"INSERT": 0, "UPDATE": 0}
    for group in around:
        if group.query.word in counts:
            counts[group.query.word] += group.count
    return counts["INSERT"] == counts["UPDATE"]


def _rows(group: Group, around: list[Group]) -> str:
    """Return the queryset of all rows that are written, with every condition of the code.

    delete() reads the rows first where others hang on them; the names are in that SELECT.
    """
    reads = [one for one in around if one.query.word in READS and one.model == group.model]
    asks = [*reads, group][0]
    question = question_of([asks], varied_columns([asks]))
    asked = question.asked
    narrows = asked is not None and (bool(asked.conditions) or ".filter(" in asked.code)
    return question.rows or f"{question.manager}.filter(pk__in=keys{', ...' if narrows else ''})"


def _fix_set(group: Group, call: ast.Call | None) -> str:
    """Return the code that changes a many-to-many set once, or those of all owners."""
    a = "a" if is_async(group.place) else ""
    manager = manager_of(group.model or "")
    method = "" if call is None else _method(call)
    if call is not None and method in {"add", "remove"}:
        names = {node.id for node in ast.walk(call.func) if isinstance(node, ast.Name)}
        if names.isdisjoint(loop_names(group.place)):
            return f"{ast.unparse(call.func)}(*rows)"  # one owner: all in one call
    if method == "set":
        return f"{manager}: {a}delete() those that go, {a}bulk_create() those that come"
    if group.query.word == "INSERT":
        # Rows that are there already are no error to add().
        return f"{manager}.{a}bulk_create(rows, ignore_conflicts=True)"
    names = {column for column, _ in _varying(group) if column}
    conditions = ", ".join(f"{name}__in=keys" for name in sorted(names)) or "..."
    return f"{manager}.filter({conditions}).{a}delete()"


def _is_between(label: str) -> bool:
    """Return whether the model is one that Django makes for a many-to-many."""
    model = model_of(label)
    return bool(model and model._meta.auto_created)  # noqa: SLF001


def _method(call: ast.Call) -> str:
    """Return the name of the method, without the ``a`` of its async twin."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return _ASYNC.get(name, name)


def _varying(group: Group) -> set[tuple[str, str]]:
    """Return the columns whose values vary, each with what it is compared by."""
    roles = roles_of(group.query.sql)
    return {roles[number] for number in group.varied if number < len(roles)}
