"""``manage.py queryaudit``: audits of pages and commands without a browser."""

import json
import sys
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.shortcuts import resolve_url

from queryaudit import conf, stores
from queryaudit.auditing import Audit
from queryaudit.errors import BaselineError
from queryaudit.findings.record import AuditRecord
from queryaudit.management import outcome
from queryaudit.management.asking import KEPT, SAFE, Answer, Question, ask, client_of, taken_back
from queryaudit.management.crawling import Frontier, plain_addresses
from queryaudit.management.diagnosis import diagnose
from queryaudit.management.importing import read_ignores
from queryaudit.management.progress import Progress
from queryaudit.management.watching import rows_of
from queryaudit.reports.formats import FORMATS
from queryaudit.reports.words import count_of
from queryaudit.stores.baseline import Baseline, baseline_path, read_baseline, write_baseline

_FAILURES = ("new", "any", "budget")


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
        try:
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
        self._check_method(question, commit=options["commit"])
        with taken_back(commit=options["commit"]):
            client = client_of(options["user"])
            answer = ask(client, question, deep=options["deep"], explain=options["explain"])
        if options["user"] is None and _needs_login(answer):
            where = f" and leads to {answer.location}" if answer.location else ""
            msg = f"{question.path} answers {answer.status}{where}: it needs a login, --user NAME"
            raise CommandError(msg, returncode=2)
        if answer.location or answer.status >= HTTPStatus.BAD_REQUEST:
            where = f" and leads to {answer.location}" if answer.location else ""
            self.stderr.write(f"It answers {answer.status}{where}.")
        if not options["commit"]:
            self.stderr.write(f"What was written is rolled back, but not: {KEPT}.")
        options["format"] = "json" if options["json"] else options["format"]
        return self._tell([answer.audit.to_record()], options)

    def do_crawl(self, **options: Any) -> bool:
        """Ask all pages that are found, each in a transaction that is rolled back."""
        if options["max"] < 1:
            raise CommandError("--max is a whole number from 1", returncode=2)
        frontier = Frontier(options["max"])
        for path in plain_addresses(options["apps"]):
            frontier.add(path)
        records: list[AuditRecord] = []
        progress = Progress(self.stderr)
        for path in frontier:
            with taken_back(commit=options["commit"]):
                answer = ask(client_of(options["user"]), Question(path), text_of=frontier.add_links)
            records.append(answer.audit.to_record())
            progress.show(frontier.asked, frontier.left, path)
        progress.end()
        if not records:
            raise CommandError("No page was found: --apps names modules of views", returncode=2)
        if frontier.cut:
            self.stderr.write(f"{count_of(frontier.cut, 'page')} more; --max asks them.")
        clean = [record for record in records if not record.findings]
        told = [record for record in records if record.findings]
        self.stderr.write(f"{count_of(len(records), 'page')} asked, {len(clean)} clean.")
        if not options["commit"]:
            self.stderr.write(f"What was written is rolled back, but not: {KEPT}.")
        return self._tell(told if options["format"] == "text" else records, options)

    def do_run(self, **options: Any) -> bool:
        """Run a management command."""
        command, arguments = options["command"], options["arguments"]
        with Audit(label=f"manage.py {command}", raise_=False) as audit:
            call_command(command, *arguments, stdout=self.stdout, stderr=self.stderr)
        return self._tell([audit.to_record()], options)

    def do_report(self, **options: Any) -> bool:
        """Tell what the store has."""
        records = stores.recent(conf.get().keep)
        failure = stores.problem()
        if failure is not None:
            raise CommandError(str(failure), returncode=2)
        return self._tell(records, options)

    def do_baseline(self, *, step: str, **_: Any) -> bool:
        """Write, show or prune the file of known findings."""
        path = baseline_path()
        found = {f.id: f for record in stores.recent(conf.get().keep) for f in record.findings}
        if step == "write":
            written = write_baseline(path, found.values())
            self.stdout.write(f"{path}: {count_of(len(written.findings), 'finding')} known")
            return False
        baseline = read_baseline(path)
        if step == "prune":
            kept = {id_: words for id_, words in baseline.findings.items() if id_ in found}
            gone = baseline.findings.keys() - kept.keys()
            write_baseline(path, [found[id_] for id_ in kept])
            for id_ in sorted(gone):
                self.stdout.write(f"{id_}  {baseline.findings[id_]}: taken out")
            self.stdout.write(f"{path}: {count_of(len(kept), 'finding')} known")
            return False
        for id_, words in baseline.findings.items():
            self.stdout.write(f"{id_}  {words}{'' if id_ in found else '  (not found)'}")
        return False

    def do_compare(self, *, old: Path, new: Path, **_: Any) -> bool:
        """Tell what is new and what is gone from one report to another."""
        lines, is_worse = outcome.compare(outcome.read_report(old), outcome.read_report(new))
        for line in lines:
            self.stdout.write(line)
        return is_worse

    def do_watch(self, **_: Any) -> bool:
        """Tell audits as they come."""
        with suppress(KeyboardInterrupt):
            for row in rows_of(lambda: stores.recent(conf.get().keep)):
                self.stdout.write(row)
        return False

    def do_import_ignores(self, **_: Any) -> bool:
        """Write what other tools let pass as code for the settings."""
        kept = stores.recent(conf.get().keep)
        ignores, unmatched = read_ignores(f for record in kept for f in record.findings)
        self.stdout.write(f'"IGNORE": {json.dumps(ignores, indent=4, ensure_ascii=False)},')
        for rule in unmatched:
            self.stderr.write(f"nothing of this site: {rule}")
        return False

    def do_clear(self, **_: Any) -> bool:
        """Forget the audits."""
        stores.current().clear()
        self.stdout.write("No audits are kept any more.")
        return False

    def _tell(self, records: list[AuditRecord], options: dict[str, Any]) -> bool:
        text = FORMATS[options["format"]](records)
        if options["output"] is not None:
            options["output"].write_text(f"{text}\n", encoding="utf-8")
        else:
            self.stdout.write(text)
        outcome.summarize(options["format"], records)
        return outcome.fails(records, options["fail_on"], _known())

    def _check_method(self, question: Question, *, commit: bool) -> None:
        if question.method not in SAFE and not commit:
            msg = (
                f"{question.method} writes, and what it writes is rolled back, but not: {KEPT}. "
                "--commit asks it all the same, and keeps everything."
            )
            raise CommandError(msg, returncode=2)

    @staticmethod
    def _sub(actions: Any, name: str, text: str) -> Any:
        return actions.add_parser(name, help=text, description=text)


def _needs_login(answer: Answer) -> bool:
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return True
    login = urlsplit(resolve_url(settings.LOGIN_URL)).path
    path = urlsplit(answer.location).path
    return bool(path) and (path == login or path.endswith("/login/"))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        msg = f"--header is {text!r}; allowed is NAME:VALUE"
        raise CommandError(msg, returncode=2)
    return name.strip(), value.strip()


def _known() -> Baseline:
    """Return the baseline; one without entries where there is no file."""
    path = baseline_path()
    return read_baseline(path) if path.exists() else Baseline({})
