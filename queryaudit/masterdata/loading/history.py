"""What all migrations together have loaded: the rows that the tables should have by now."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps.registry import Apps
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import (
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)

from queryaudit.masterdata.loading import files, loads
from queryaudit.masterdata.loading.environments import Kind
from queryaudit.masterdata.loading.files import DataFile, RawRow
from queryaudit.masterdata.loading.planning import laid_over, overlaid, spoken_keys
from queryaudit.masterdata.loading.problems import Problems

Node = tuple[str, str]  # app and name of a migration


@dataclass(slots=True)
class Load:
    """A ``LoadMasterData`` of the migration ``node``; ``app`` is that of its files."""

    node: Node
    app: str
    operation: Any
    rows: list[RawRow] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name, with the app."""
        return f"{self.app}.{self.operation.name}"


class History:
    """The migrations of a project, in the order in which an empty database gets them."""

    def __init__(self, alias: str | None) -> None:
        connection = None if alias is None else connections[alias]
        self.loader = MigrationLoader(connection)
        self.alias = alias
        graph = self.loader.graph
        plan: dict[Node, None] = {}
        for leaf in graph.leaf_nodes():
            plan.update(dict.fromkeys(graph.forwards_plan(leaf)))
        self.nodes = list(plan)

    @property
    def applied(self) -> list[Node]:
        """The migrations that the database has."""
        return [node for node in self.nodes if node in (self.loader.applied_migrations or {})]

    def within_reach(self) -> tuple[list[Node], Node | None]:
        """Return the applied migrations and those after them that need no change of a schema.

        The second is the first migration that does.
        """
        found = self.applied
        known = set(found)
        for node in self.nodes:
            if node not in known:
                operations = _flat(self.loader.graph.nodes[node].operations)
                if not all(_is_of_rows(one) for one in operations):
                    return found, node
                found.append(node)
        return found, None

    def registry(self, nodes: list[Node]) -> Apps:
        """Return the models as ``nodes`` leave them."""
        if len(nodes) == len(self.nodes):
            return self.loader.project_state().apps
        state = self.loader.graph.make_state(nodes=nodes, real_apps=self.loader.unmigrated_apps)
        found: Apps = state.apps
        return found

    def loads(self, nodes: Iterable[Node]) -> Iterator[Load]:
        """Yield the loads of ``nodes``, without their rows."""
        for node in nodes:
            for operation in _flat(self.loader.graph.nodes[node].operations):
                if hasattr(operation, "dataset"):
                    yield Load(node, operation.app_label or node[0], operation)

    def read(self, nodes: Iterable[Node], wants: Callable[[Load, DataFile], bool]) -> list[Load]:
        """Return the loads of ``nodes`` with the rows of the files that are wanted.

        Rows are named as models are after ``nodes``. Raises MasterDataFileError.
        """
        found: list[Load] = []
        problems = Problems()
        for node in nodes:
            for operation in _flat(self.loader.graph.nodes[node].operations):
                if hasattr(operation, "dataset"):
                    load = Load(node, operation.app_label or node[0], operation)
                    for one in loads.files_of(load.app, operation.name):
                        if wants(load, one):
                            load.rows += files.read(one, load.app, problems)
                    found.append(load)
                else:
                    _follow(operation, node[0], found)
        problems.refuse("master data")
        return found


def chosen_keys(several: Iterable[Load]) -> dict[str, Any]:
    """Return the keys that loads name, by label in lower case."""
    return {label: names for load in several for label, names in load.operation.keys.items()}


def environment_wanted(environment: str, *kinds: Kind) -> Callable[[Load, DataFile], bool]:
    """Return what ``read`` wants for an environment: files of master data, and of ``kinds``."""
    wanted = {Kind.MASTER, *kinds}
    return lambda _, one: one.kind in wanted and bool(list(files.chosen([one], environment)))


def folded(several: Iterable[Load], registry: Apps, problems: Problems) -> list[RawRow]:
    """Return the rows that all loads together say, one a key, also those that are removed."""
    several = list(several)
    chosen = chosen_keys(several)
    layers = []
    for load in several:
        by_environment: dict[str, list[RawRow]] = {}
        for raw in load.rows:
            by_environment.setdefault(raw.file.environment, []).append(raw)
        merged: list[RawRow] = []
        for rows in by_environment.values():
            merged = overlaid(merged, rows, registry, chosen, problems)
        layers.append(merged)
    return stacked(layers, registry, chosen, problems)


def stacked(
    layers: list[list[RawRow]], registry: Apps, chosen: dict[str, Any], problems: Problems
) -> list[RawRow]:
    """Return layers of rows laid over each other by key, the last on top."""
    spoken = spoken_keys([raw for rows in layers for raw in rows], registry, chosen, problems)
    found: dict[Any, RawRow] = {}
    for rows in layers:
        for raw in rows:
            key = spoken.get(id(raw), id(raw))
            found[key] = laid_over(found[key], raw) if key in found else raw
    return list(found.values())


def _flat(operations: Iterable[Any]) -> Iterator[Any]:
    for one in operations:
        if isinstance(one, SeparateDatabaseAndState):
            yield from _flat(one.database_operations)
            yield from _flat(one.state_operations)
        else:
            yield one


def _is_of_rows(operation: Any) -> bool:
    if isinstance(operation, RunSQL):
        return not operation.state_operations
    return isinstance(operation, RunPython) or hasattr(operation, "dataset")


def _follow(operation: Any, app_label: str, several: list[Load]) -> None:
    """Let rows that are read follow a change of their model."""
    model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    label = f"{app_label}.{model}"
    if isinstance(operation, RenameModel):
        old, new = (
            f"{app_label}.{name.lower()}" for name in (operation.old_name, operation.new_name)
        )
        for load in several:
            for raw in load.rows:
                raw.model = new if raw.model == old else raw.model
    elif isinstance(operation, DeleteModel):
        for load in several:
            load.rows = [raw for raw in load.rows if raw.model != label]
    elif isinstance(operation, RemoveField):
        _rename(several, label, operation.name, None)
    elif isinstance(operation, RenameField):
        _rename(several, label, operation.old_name, operation.new_name)


def _rename(several: list[Load], label: str, old: str, new: str | None) -> None:
    names = {old: new, f"{old}_id": None if new is None else f"{new}_id"}
    for load in several:
        for raw in load.rows:
            if raw.model == label and not names.keys().isdisjoint(raw.fields):
                raw.fields = {
                    names.get(name) or name: value
                    for name, value in raw.fields.items()
                    if names.get(name, name) is not None
                }
