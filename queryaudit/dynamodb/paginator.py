"""Pages by key: DynamoDB knows no page numbers, only where to go on."""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from queryaudit.dynamodb.errors import DynamoDBQuerySetError, ResumeKeyError
from queryaudit.dynamodb.keys import Serialized, keys_of
from queryaudit.dynamodb.reading import decoder_of, pages_of

_MAX_TOKEN = 8_000  # characters: keys of DynamoDB take at most 2 KB and 1 KB each
_BACK = "."  # what a token that leads back begins with: url-safe, and in no base64


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Rows of one page.

    ``next_token`` leads to the next, "" on the last; ``previous_token`` to the one before, "" on
    the first and where DynamoDB reads no way back: in a scan.
    """

    object_list: list[Any]
    next_token: str
    previous_token: str = ""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.object_list)

    def __getitem__(self, wanted: int | slice) -> Any:
        return self.object_list[wanted]

    def __len__(self) -> int:
        return len(self.object_list)

    def has_next(self) -> bool:
        """Return whether there is another row: it was looked for, none is promised in vain."""
        return bool(self.next_token)

    def has_previous(self) -> bool:
        """Return whether a page led here, or a row was found before those that were gone back."""
        return bool(self.previous_token)


class KeyPaginator:
    """Pages of ``per_page`` rows: ``KeyPaginator(queryset, 50).page(request.GET.get("after"))``.

    A token is url-safe text. It is checked, not signed: a visitor may start at any key of
    the queryset's own hash key, and at no other.
    """

    def __init__(self, queryset: Any, per_page: int) -> None:
        if isinstance(per_page, bool) or not isinstance(per_page, int) or per_page < 1:
            msg = f"per_page is {per_page!r}; allowed is a whole number from 1"
            raise DynamoDBQuerySetError(msg, model=queryset.model.__name__)
        self.queryset = queryset.all()  # of a manager as well
        if self.queryset._plan.limit is not None or self.queryset._plan.skip:
            msg = "a paginator sets the limit itself: give it a queryset without slice or limit"
            raise DynamoDBQuerySetError(msg, model=queryset.model.__name__)
        self.per_page = per_page

    def page(self, token: str | None = None) -> KeyPage:
        """Return the page after ``token``, the first without one.

        Raises ResumeKeyError for a token of another query, or for none of ours.
        """
        plan = self.queryset._plan
        is_back = isinstance(token, str) and token.startswith(_BACK) and self._leads_back()
        start = (
            self._start(token.removeprefix(_BACK) if is_back else token) if token else plan.start
        )
        items = self._items(start, is_back=is_back)
        is_more, items = len(items) > self.per_page, items[: self.per_page]
        if is_back:
            items.reverse()
        rows = decoder_of(plan)(items)
        keys = keys_of(plan.model, plan.index)
        if not items:
            # Gone meanwhile: whoever goes back to nothing stands at the beginning.
            return self.page() if is_back else KeyPage(rows, "")
        # There is what the token is of: one need not look for it.
        has_next, has_previous = (True, is_more) if is_back else (is_more, bool(token))
        return KeyPage(
            rows,
            encode(keys.resume_key(items[-1])) if has_next else "",
            _BACK + encode(keys.resume_key(items[0]))
            if has_previous and self._leads_back()
            else "",
        )

    def _leads_back(self) -> bool:
        """Return whether pages before a key can be read: of a query, from its beginning."""
        return not self.queryset._plan.is_scan and self.queryset._plan.start is None

    def _items(self, start: Serialized | None, *, is_back: bool) -> list[Serialized]:
        """Return the items of a page and one more, from the last one where ``is_back``."""
        plan = self.queryset._plan
        wanted = plan.fields
        if wanted is not None:
            # A key is made of a row: its attributes are read as well.
            stored = {one.attr_name: name for name, one in plan.model.get_attributes().items()}
            named = (stored[name] for name in keys_of(plan.model, plan.index).resume_names())
            plan = replace(plan, fields=tuple(dict.fromkeys([*wanted, *named])))
        if is_back:
            plan = replace(plan, is_forward=not plan.is_forward)
        limited = replace(plan, limit=self.per_page + 1, start=start)
        return [item for page in pages_of(limited) for item in page.items]

    def _start(self, token: str) -> Serialized:
        try:
            return decode(token)
        except (TypeError, ValueError, RecursionError):
            msg = f"{str(token)[:50]!r} is no token of a page of {self.queryset.model.__name__}"
            raise ResumeKeyError(msg, model=self.queryset.model.__name__) from None


def encode(key: Serialized) -> str:
    """Return a resume key as url-safe text."""
    return urlsafe_b64encode(json.dumps(_as_text(key)).encode()).decode().rstrip("=")


def decode(token: str) -> Serialized:
    """Return the resume key of a text. Raises ValueError for what is none."""
    if len(token) > _MAX_TOKEN:
        msg = "longer than any key"
        raise ValueError(msg)
    found = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    if not isinstance(found, dict):
        msg = "no dict"
        raise ValueError(msg)  # noqa: TRY004  # like all that cannot be read
    key: Serialized = {}
    for name, pair in found.items():
        kind, text = pair if isinstance(pair, list) and len(pair) == 2 else ("", "")
        if kind not in ("S", "N", "B") or not isinstance(text, str):  # a list is no member of a set
            msg = "no value of a key"
            raise ValueError(msg)
        key[name] = {kind: b64decode(text) if kind == "B" else text}
    return key


def _as_text(key: Serialized) -> dict[str, list[str]]:
    found = {}
    for name, value in key.items():
        ((kind, given),) = value.items()
        found[name] = [kind, b64encode(given).decode() if kind == "B" else given]
    return found
