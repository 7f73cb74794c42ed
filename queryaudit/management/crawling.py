"""Ask all pages that can be found, one after the other."""

from collections.abc import Iterator, Sequence

from django.core.management import CommandError

from queryaudit.findings.record import AuditRecord
from queryaudit.management.asking import Answer, Question, ask, client_of
from queryaudit.management.frontier import Frontier, plain_addresses
from queryaudit.management.rollback import taken_back
from queryaudit.reports.words import count_of

_MOST_NAMED = 5  # addresses of one sentence


class Crawl:
    """The pages asked so far, and those that gave no page."""

    def __init__(self, most: int, apps: Sequence[str], user: str | None) -> None:
        self.frontier = Frontier(most)
        self.records: list[AuditRecord] = []
        self._user = user
        self._clean = 0
        self._closed: list[str] = []
        self._failed: list[str] = []
        for path in plain_addresses(list(apps)):
            self.frontier.add(path)

    def ask_all(self, aliases: Sequence[str]) -> Iterator[str]:
        """Ask each page and yield its address; writes to ``aliases`` are rolled back."""
        for path in self.frontier:
            with taken_back(aliases):
                answer = ask(client_of(self._user), Question(path))
            self.frontier.add_links(path, answer.html)
            if answer.location:
                self.frontier.add_link(path, answer.location)
            self._sort(path, answer)
            yield path

    def _sort(self, path: str, answer: Answer) -> None:
        record = answer.audit.to_record()
        self.records.append(record)
        if answer.needs_login:
            self._closed.append(path)
        elif answer.has_failed:
            self._failed.append(f"{path} {answer.status} {answer.error}".rstrip())
        elif not record.findings:
            self._clean += 1

    def told(self) -> Iterator[str]:
        """Yield what is said beside the findings.

        Raises CommandError where no page at all was answered.
        """
        asked, closed, failed = len(self.records), len(self._closed), len(self._failed)
        if asked == closed + failed:
            told = self._failed or self._closed
            msg = f"None of {count_of(asked, 'page')} was answered, first {told[0]}"
            msg += "; --user NAME logs in" if closed and self._user is None else ""
            raise CommandError(msg, returncode=2)
        yield f"{count_of(asked, 'page')} asked, {self._clean} clean."
        if self.frontier.cut:
            yield f"{count_of(self.frontier.cut, 'page')} more; --max asks them."
        if closed:
            hint = "; --user NAME logs in" if self._user is None else ""
            yield f"Closed to this visitor: {_named(self._closed)}{hint}."
        if failed:
            yield f"Without a page: {_named(self._failed)}."


def _named(addresses: Sequence[str]) -> str:
    text = ", ".join(addresses[:_MOST_NAMED])
    left = len(addresses) - _MOST_NAMED
    return f"{text} and {left} more" if left > 0 else text
