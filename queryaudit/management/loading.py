"""``manage.py masterdata check | diff | make | dump``, and what ``status`` says of the files."""

import sys
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections

from queryaudit.errors import MasterDataError, MissingExtraError
from queryaudit.masterdata.loading import drift, dumping, environments, journal, making
from queryaudit.masterdata.loading.history import History

USAGE = 2  # the exit code for what cannot be done


class LoadingCommands:
    """The subcommands about files, each a ``declare_...`` and a ``do_...`` method."""

    stdout: Any

    def declare_check(self, chosen: Any) -> None:
        """Declare ``check``."""
        parser = chosen.add_parser("check", help="compare tables with files; 1 if they differ")
        _database(parser)
        parser.add_argument("--exact", action="store_true", help="also tell of rows no file knows")

    def do_check(self, *, database: str, exact: bool, **_: Any) -> None:
        """Print what differs and exit with 1, or say that nothing does."""
        self._print(_or_usage(drift.find, _known(database), is_exact=exact))

    def declare_diff(self, chosen: Any) -> None:
        """Declare ``diff``."""
        _database(chosen.add_parser("diff", help="show what loading would change; 1 if anything"))

    def do_diff(self, *, database: str, **_: Any) -> None:
        """Print what loading all files would change."""
        self._print(_or_usage(drift.find, _known(database), is_dry_run=True))

    def _print(self, found: drift.Drift) -> None:
        for line in [*found.lines, *found.notes]:
            self.stdout.write(line)
        environment = environments.current()
        if found.lines:
            self.stdout.write(f"{len(found.lines)} differences in environment {environment!r}.")
            sys.exit(1)
        text = f"{found.rows:,} rows are as the files say in environment {environment!r}."
        self.stdout.write(text)

    def declare_make(self, chosen: Any) -> None:
        """Declare ``make``."""
        parser = chosen.add_parser("make", help="freeze edited files and write their migrations")
        parser.add_argument("app_label", nargs="*", help="apps; all by default")
        parser.add_argument("--name", default="", help="of the migration; that of the data set")
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="APP.MODEL=FIELD,FIELD",
            help="by which fields rows are found, where the model has no key",
        )
        parser.add_argument("--dry-run", action="store_true", help="show it, write nothing")
        parser.add_argument("--check", action="store_true", help="write nothing; 1 if it would")

    def do_make(
        self,
        *,
        app_label: list[str],
        name: str,
        key: list[str],
        dry_run: bool,
        check: bool,
        **_: Any,
    ) -> None:
        """Write the migrations, or show them."""
        is_shown = dry_run or check
        keys = dict(_key(one) for one in key)
        count = 0
        for label in _or_usage(_labels, app_label):
            for made in _each_or_usage(making.make([label], name, keys)):
                count += 1
                self.stdout.write(f"{label}: {made.path.name}, {made.folder.name}/")
                for line in made.lines():
                    self.stdout.write(line)
                if not is_shown:
                    made.write()
        if not count:
            self.stdout.write("No changes: all that is edited is frozen.")
        elif check:
            sys.exit(1)

    def declare_dump(self, chosen: Any) -> None:
        """Declare ``dump``."""
        parser = chosen.add_parser("dump", help="write the file to edit from tables")
        parser.add_argument("model", nargs="+", help="app.Model, those that are referred to first")
        parser.add_argument(
            "--dataset", default="", help="the file's name; that of the first model"
        )
        parser.add_argument("--format", choices=("yaml", "json"), default="yaml")
        parser.add_argument("--force", action="store_true", help="replace the file that is there")
        _database(parser)

    def do_dump(
        self,
        *,
        model: list[str],
        dataset: str,
        format: str,  # noqa: A002  # the option's name
        force: bool,
        database: str,
        **_: Any,
    ) -> None:
        """Write the file."""
        models = _or_usage(_models, model)
        path = _or_usage(dumping.path_of, models, dataset, format)
        if path.exists() and not force:
            msg = f"{path} is there; --force replaces it"
            raise CommandError(msg, returncode=USAGE)
        text = _or_usage(dumping.dump, models, _known(database), format)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.stdout.write(f"{path} written.")

    def show_loads(self) -> None:
        """Print each data set, in which databases it is loaded, and from which files."""
        lines = [("data set", "database", "state", "environment", "files", "new/changed/deleted")]
        for alias in connections:
            try:
                history = History(alias)
                known = journal.loads(alias)
            except Exception as error:  # noqa: BLE001  # a database that does not answer is told
                self.stdout.write(f"{alias}: {error}")
                continue
            applied = set(history.applied)
            for load in history.loads(history.nodes):
                told = known.get((load.app, load.operation.name))
                state = "not applied" if load.node not in applied else "nothing noted"
                cells = ("", "", "")
                if told:
                    state = f"loaded {told['at']:%Y-%m-%d %H:%M}"
                    counts = "/".join(
                        str(told["rows"][name]) for name in ("insert", "update", "delete")
                    )
                    used = ", ".join(name.rpartition("/")[2] for name in told["files"])
                    cells = (told["environment"], used, counts)
                lines.append((load.name, alias, state, *cells))
        if len(lines) == 1:
            return
        self.stdout.write(f"\nEnvironment {environments.current()!r}.")
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(padded).rstrip())


def _database(parser: Any) -> None:
    parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="an alias of DATABASES")


def _known(database: str) -> str:
    if database not in connections.settings:
        msg = f"{database!r} is no alias of DATABASES; allowed: {', '.join(connections.settings)}"
        raise CommandError(msg, returncode=USAGE)
    return database


def _key(text: str) -> tuple[str, list[str]]:
    label, _, names = text.partition("=")
    if "." not in label or not names:
        msg = f"--key is {text!r}; allowed: app.Model=field,field"
        raise CommandError(msg, returncode=USAGE)
    return label.lower(), names.split(",")


def _labels(given: list[str]) -> list[str]:
    if not given:
        return [config.label for config in apps.get_app_configs()]
    return [apps.get_app_config(label).label for label in given]


def _models(given: list[str]) -> list[Any]:
    return [apps.get_model(label) for label in given]


def _or_usage(function: Any, *args: Any, **options: Any) -> Any:
    """Call ``function``; what it refuses is told, with the exit code 2."""
    try:
        return function(*args, **options)
    except (MasterDataError, MissingExtraError, LookupError, ValueError) as error:
        raise CommandError(str(error), returncode=USAGE) from error


def _each_or_usage(several: Iterable[Any]) -> Iterable[Any]:
    remaining = iter(several)
    while (one := _or_usage(next, remaining, None)) is not None:
        yield one
