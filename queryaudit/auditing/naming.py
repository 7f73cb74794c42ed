"""What an audit is of: its label, and of a request view, method, path and status."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.urls import ResolverMatch

from queryaudit.auditing.counts import Counts
from queryaudit.masking import captured_by, masked_path

_PLAIN: Final = {int, str, UUID}
_NO_REQUEST: Final[dict[str, Any]] = {"view": "", "method": "", "path": "", "status": 0}


class Named(Counts):
    """The counts of a block that says what it is."""

    # What most audits begin with stands on the class: each page makes one.
    _name = _operation = ""
    _told: dict[str, Any] = _NO_REQUEST
    _answered: tuple[str, str, ResolverMatch | None, int] | None = None

    @property
    def label(self) -> str:
        """What it is called; of a request its method and path, or what ``label()`` named it."""
        self._describe_answer()
        return self._name

    @label.setter
    def label(self, label: str) -> None:
        """Call it something else."""
        self._describe_answer()
        self._name = label

    @property
    def _facts(self) -> dict[str, Any]:
        self._describe_answer()
        return self._told

    def name(self, operation: str) -> None:
        """Say that it is of ``operation``, one of several at an address."""
        self.label = self._operation = operation

    def describe(
        self, *, view: str = "", method: str = "", path: str = "", status: int = 0
    ) -> None:
        """Say of a request what it is: the name of its view, method, path and status."""
        self._describe_answer()  # which names it as well
        self._told = {"view": view, "method": method, "path": path, "status": status}

    def describe_request(self, request: HttpRequest, status: int) -> None:
        """Say the same of ``request``, answered with ``status``; what looks secret is masked.

        Most are put into words when they are asked for: when the visitor has the page. Not those
        with other than plain values in their path: these may be rows or users, and it is the
        site's code that writes them.
        """
        match, method, path = request.resolver_match, request.method or "", request.path
        if match is not None and (match.args or match.kwargs or match.captured_kwargs):  # type: ignore[attr-defined]
            values = *match.args, *(value for _, value in captured_by(match))
            if any(type(value) not in _PLAIN for value in values):
                self.describe_page(match.view_name, method, masked_path(path, match), status)
                return
        self._answered = path, method, match, status

    def describe_page(
        self, view: str, method: str, path: str, status: int, label: str = ""
    ) -> None:
        """Say the same by values; an operation that ``label()`` named is its label and view."""
        self._name = self._operation or label or f"{method} {path}"
        if self._operation:
            view = f"{view} {self._operation}".strip()
        self._told = {"view": view, "method": method, "path": path, "status": status}
        self._answered = None

    def _describe_answer(self) -> None:
        answered = self._answered
        if answered is not None:
            path, method, match, status = answered
            view = match.view_name if match else ""
            self.describe_page(view, method, masked_path(path, match), status)
