"""``manage.py queryaudit``: audits of pages and commands without a browser."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from queryaudit import conf, stores
from queryaudit.auditing import Audit
from queryaudit.errors import BaselineError, QueryAuditError
from queryaudit.findings.record import AuditRecord
from queryaudit.management import baselining, outcome
from queryaudit.management.asking import SAFE, Question, ask, client_of, quiet
from queryaudit.management.baselining import read_if_any
from queryaudit.management.crawling import Crawl
from queryaudit.management.diagnosis import diagnose
from queryaudit.management.importing import read_ignores
from queryaudit.management.progress import progress_on
from queryaudit.management.rollback import KEPT, reachable, taken_back
from queryaudit.management.watching import rows_of
from queryaudit.reports.formats import FORMATS
from queryaudit.stores.baseline import baseline_path
from queryaudit.stores.memory import MemoryStore

_FAILURES = ("new", "any", "budget")
_STEPS = {"write": baselining.write, "show": baselining.show, "prune": baselining.prune}


class Command(BaseCommand):
    """Exit codes: 0 clean, 1 findings, 2 wrong use."""

    help = "Audit pages and commands, and tell what is kept."
    requires_system_checks = []  # "check" tells them itself

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands."""
        actions: Any = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        self._sub(actions, "check", "why do I see nothing?")
        request = self._sub(actions, "request", "ask one page and tell its audit")
        request.add_argument("path")
        request.add_argument("--method", default="GET", type=str.upper)
        request.add_argument("--data", default="", help="the body")
        request.add_argument("--content-type", default="application/x-www-form-urlencoded")
        request.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
        request.add_argument("--deep", action="store_true", help="watch wide columns, too")
        request.add_argument("--explain", action="store_true", help="ask for plans, too")
        request.add_argument("--json", action="store_true", help="as --format json")
        crawl = self._sub(actions, "crawl", "ask all pages that can be found")
        crawl.add_argument("--apps", nargs="*", default=[], help="modules of views to begin with")
        crawl.add_argument("--max", type=int, default=200, help="pages asked at most (200)")
        run = self._sub(actions, "run", "run a management command and tell its audit")
        run.add_argument("command")
        run.add_argument("arguments", nargs="...")
        report = self._sub(actions, "report", "tell the audits that are kept")
        baseline = self._sub(actions, "baseline", "the findings that are known")
        baseline.add_argument("step", choices=["write", "show", "prune"])
        baseline.add_argument(
            "--from", type=Path, dest="source", metavar="REPORT",
            help="a report of --format json instead of what is kept",
        )  # fmt: skip
        compare = self._sub(actions, "compare", "two reports of --format json")
        compare.add_argument("old", type=Path)
        compare.add_argument("new", type=Path)
        self._sub(actions, "watch", "tell audits as they come, until Ctrl-C")
        self._sub(actions, "import-ignores", "the lists of zeal and nplusone as IGNORE")
        self._sub(actions, "clear", "forget the audits that are kept")
        for one in (request, crawl):
            one.add_argument("--user", help="name or key of a user to log in")
            one.add_argument("--commit", action="store_true", help="keep what pages write")
        for one in (request, crawl, run, report):
            one.add_argument("--format", choices=FORMATS, default="text")
            one.add_argument("--output", type=Path, help="a file instead of the terminal")
            one.add_argument("--fail-on", choices=_FAILURES, default="any")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked; SystemExit tells findings by its code."""
        output = options.get("output")
        if output is not None and (output.is_dir() or not output.parent.is_dir()):
            # Said before the pages are asked, which may take minutes.
            msg = f"--output {output} is no file in a folder that is there"
            raise CommandError(msg, returncode=2)
        try:
            if "fail_on" in options:
                self._known = read_if_any(baseline_path())
            failed = getattr(self, f"do_{options['action'].replace('-', '_')}")(**options)
        except BaselineError as error:
            raise CommandError(str(error), returncode=2) from None
        if failed:
            sys.exit(1)

    def do_check(self, **_: Any) -> bool:
        """Tell each point; True where one is not well."""
        points = list(diagnose())
        for point in points:
            mark = self.style.SUCCESS("ok ") if point.is_well else self.style.ERROR("no ")
            self.stdout.write(f"{mark} {point.text}")
        return not all(point.is_well for point in points)

    def do_request(self, **options: Any) -> bool:
        """Ask one page."""
        question = Question(
            path=options["path"],
            method=options["method"],
            data=options["data"],
            content_type=options["content_type"],
            headers=dict(map(_header, options["header"])),
        )
        self._check_question(question, commit=options["commit"])
        with quiet(), taken_back([] if options["commit"] else reachable()):
            client = client_of(options["user"])
            answer = ask(client, question, deep=options["deep"], explain=options["explain"])
        if not answer.is_known:
            msg = f"{question.path} is no address of this site"
            raise CommandError(msg, returncode=2)
        where = f" and leads to {answer.location}" if answer.location else ""
        if options["user"] is None and answer.needs_login:
            msg = f"{question.path} answers {answer.status}{where}: it needs a login, --user NAME"
            raise CommandError(msg, returncode=2)
        if answer.location or answer.has_failed:
            raised = f": {answer.error}" if answer.error else ""
            self._say(f"It answers {answer.status}{where}{raised}.")
        self._tell_rollback(options)
        options["format"] = "json" if options["json"] else options["format"]
        return self._tell([answer.audit.to_record()], options)

    def do_crawl(self, **options: Any) -> bool:
        """Ask all pages that are found, each in a transaction that is rolled back."""
        if options["max"] < 1:
            raise CommandError("--max is a whole number from 1", returncode=2)
        crawl = Crawl(options["max"], options["apps"], options["user"])
        aliases = [] if options["commit"] else reachable()
        with quiet(), progress_on(self.stderr) as show:
            for path in crawl.ask_all(aliases):
                show(crawl.frontier.asked, crawl.frontier.left, path)
        if not crawl.records:
            raise CommandError("No page was found: --apps names modules of views", returncode=2)
        for line in crawl.told():
            self._say(line)
        self._tell_rollback(options)
        told = [record for record in crawl.records if record.findings]
        return self._tell(told if options["format"] == "text" else crawl.records, options)

    def do_run(self, **options: Any) -> bool:
        """Run a management command."""
        command, arguments = options["command"], options["arguments"]
        # What the command writes is no part of a report that programs read.
        is_apart = options["format"] == "text" or options["output"] is not None
        stream = self.stdout if is_apart else self.stderr
        code: str | int | None = 0
        try:
            with Audit(label=f"manage.py {command}", raise_=False) as audit:
                # Its own stream: one of Django's within another ends each piece with a line.
                call_command(command, *arguments, stdout=stream._out, stderr=self.stderr._out)  # noqa: SLF001
        except CommandError as error:
            raise CommandError(str(error), returncode=2) from None
        except SystemExit as exit_:
            code = exit_.code
        stream.write("")  # a command may leave its last line open
        failed = self._tell([audit.to_record()], options)
        if code:
            sys.exit(code)
        return failed

    def do_report(self, **options: Any) -> bool:
        """Tell what the store has."""
        return self._tell(self._kept(), options)

    def do_baseline(self, *, step: str, source: Path | None, **_: Any) -> bool:
        """Write, show or prune the file of known findings."""
        path = baseline_path()
        records = self._kept() if source is None else outcome.read_report(source)
        for line in _STEPS[step](path, records):
            self.stdout.write(line)
        return False

    def do_compare(self, *, old: Path, new: Path, **_: Any) -> bool:
        """Tell what is new and what is gone from one report to another."""
        lines, is_worse = outcome.compare(outcome.read_report(old), outcome.read_report(new))
        for line in lines:
            self.stdout.write(line)
        return is_worse

    def do_watch(self, **_: Any) -> bool:
        """Tell audits as they come."""
        self._tell_memory()
        with suppress(KeyboardInterrupt):
            for row in rows_of(lambda: stores.recent(conf.get().keep)):
                self.stdout.write(row)
        return False

    def do_import_ignores(self, **_: Any) -> bool:
        """Write what other tools let pass as code for the settings."""
        findings = [finding for record in self._kept() for finding in record.findings]
        ignores, unmatched = read_ignores(findings)
        self.stdout.write(f'"IGNORE": {json.dumps(ignores, indent=4, ensure_ascii=False)},')
        for rule in unmatched:
            self._say(f"nothing of this site: {rule}")
        return False

    def do_clear(self, **_: Any) -> bool:
        """Forget the audits."""
        try:
            stores.current().clear()
        except (OSError, QueryAuditError) as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write("No audits are kept any more.")
        return False

    def _tell(self, records: list[AuditRecord], options: dict[str, Any]) -> bool:
        text = FORMATS[options["format"]](records)
        if options["output"] is not None:
            outcome.write_report(text, options["output"])
        else:
            self.stdout.write(text)
        outcome.summarize(options["format"], records)
        return outcome.fails(records, options["fail_on"], self._known)

    def _kept(self) -> list[AuditRecord]:
        """Return what the store has. Raises CommandError."""
        self._tell_memory()
        records = stores.recent(conf.get().keep)
        failure = stores.problem()
        if failure is not None:
            raise CommandError(str(failure), returncode=2)
        return records

    def _say(self, text: str) -> None:
        """Write what is no part of the report; Django would paint it as an error."""
        self.stderr.write(text, str)

    def _tell_memory(self) -> None:
        """Say that nothing is to be expected where each process keeps its own audits."""
        if isinstance(stores.current(), MemoryStore):
            self._say("STORE is memory: audits of other processes are not seen.")

    def _tell_rollback(self, options: dict[str, Any]) -> None:
        if not options["commit"]:
            self._say(f"What was written is rolled back, but not: {KEPT}.")

    def _check_question(self, question: Question, *, commit: bool) -> None:
        if not urlsplit(question.path).path.startswith("/"):
            msg = f"{question.path!r} is no address of this site: a path begins with /"
            raise CommandError(msg, returncode=2)
        if not question.method.isalpha():
            msg = f"--method is {question.method!r}; allowed is GET, POST and the like"
            raise CommandError(msg, returncode=2)
        if question.method not in SAFE and not commit:
            msg = (
                f"{question.method} writes, and what it writes is rolled back, but not: {KEPT}. "
                "--commit asks it all the same, and keeps everything."
            )
            raise CommandError(msg, returncode=2)

    @staticmethod
    def _sub(actions: Any, name: str, text: str) -> Any:
        return actions.add_parser(name, help=text, description=text)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        msg = f"--header is {text!r}; allowed is NAME:VALUE"
        raise CommandError(msg, returncode=2)
    return name.strip(), value.strip()
