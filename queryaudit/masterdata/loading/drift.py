"""How the tables differ from what the files say."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from queryaudit.masterdata.loading import environments, keys
from queryaudit.masterdata.loading.history import (
    History,
    chosen_keys,
    environment_wanted,
    folded,
)
from queryaudit.masterdata.loading.loads import changed_files
from queryaudit.masterdata.loading.planning import Plan, compared
from queryaudit.masterdata.loading.problems import Problems
from queryaudit.masterdata.loading.references import Reference
from queryaudit.masterdata.loading.rows import Row


@dataclass(slots=True)
class Drift:
    """What differs, as lines, and what else is to be said."""

    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0  # compared


def find(alias: str, *, is_dry_run: bool = False, is_exact: bool = False) -> Drift:
    """Compare the tables of ``alias`` with the files of the migrations that it has.

    ``is_dry_run`` adds the files of those that it does not have, as far as they need no
    change of a schema; ``is_exact`` tells of rows that no file knows. Raises
    MasterDataFileError.
    """
    history = History(alias)
    found = Drift()
    found.lines += [str(problem) for problem in changed_files(alias)]
    nodes, stop = history.within_reach() if is_dry_run else (history.applied, None)
    pending = [load for load in history.loads(history.nodes) if load.node not in nodes]
    for load in pending:
        text = f"{load.node[0]}.{load.node[1]} is not applied, which loads {load.name}"
        found.lines.append(text)
    if stop is not None:
        text = (
            f"{stop[0]}.{stop[1]} changes a schema first: what follows is shown once it is applied"
        )
        found.notes.append(text)
    several = history.read(nodes, environment_wanted(environments.current()))
    if not any(load.rows for load in several):
        return found
    registry = history.registry(nodes)
    problems = Problems()
    rows = folded(several, registry, problems)
    problems.refuse("master data")
    keys_ = chosen_keys(several)
    plan = compared(rows, registry, alias, keys_, "master data", is_to_be_written=False)
    found.rows = sum(len(table.rows) for table in plan.tables)
    found.lines += lines(plan)
    if is_exact:
        found.lines += _unknown(plan)
    return found


def lines(plan: Plan) -> Iterator[str]:
    """Yield a line for each row that is missing, and for each column that differs."""
    for row in plan.inserts:
        yield f"+ {plan.shown(row)} is missing  {_place(row)}"
    for row, changes in plan.updates:
        for one, (before, after) in changes.items():
            said = after.written if isinstance(after, Reference) else after
            text = f"~ {plan.shown(row)}: {one.name} is {before!r}, and {said!r} in the file"
            yield f"{text}  {_place(row, one.name)}"
    for row in plan.deletes:
        yield f"- {plan.shown(row)} is there, and the file removes it  {_place(row)}"


def _place(row: Row, name: str = "") -> str:
    problem = row.raw.problem("", field=name)
    return f"({type(problem)(problem.path, problem.line, '')!s})"


def _unknown(plan: Plan) -> Iterator[str]:
    for table in plan.tables:
        pk = keys.pk_of(table.model)
        names = keys.attnames(pk)
        known = {
            tuple(row.existing[name] for name in names)
            for row in table.rows
            if row.existing is not None
        }
        shown = keys.attnames(table.key)
        rows = table.model._base_manager.using(plan.alias).order_by(*names)
        for values in rows.values_list(*names, *shown):
            if values[: len(names)] not in known:
                key = keys.described(table.key, values[len(names) :])
                yield f"- {table.label} {key} is there, and no file knows it"
