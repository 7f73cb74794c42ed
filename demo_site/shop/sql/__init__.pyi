# Written by manage.py rawsql stubs: write it anew when a file or a model changes.
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from queryaudit.rawsql import LazyRows, NamedQuery, RawSQLManager

class SalesByLabelRow(NamedTuple):
    label: Any
    artists: Any
    pieces: int
    revenue: Any

class SalesByLabel(NamedQuery[SalesByLabelRow]):
    def __call__(self, *, sort: str) -> list[SalesByLabelRow]: ...  # type: ignore[override]
    def fetch(self, *, sort: str) -> list[SalesByLabelRow]: ...  # type: ignore[override]
    async def afetch(self, *, sort: str) -> list[SalesByLabelRow]: ...  # type: ignore[override]
    def fetch_one(self, *, sort: str) -> SalesByLabelRow: ...  # type: ignore[override]
    async def afetch_one(self, *, sort: str) -> SalesByLabelRow: ...  # type: ignore[override]
    def fetch_value(self, *, sort: str) -> Any: ...  # type: ignore[override]
    async def afetch_value(self, *, sort: str) -> Any: ...  # type: ignore[override]
    def lazy(self, *, sort: str) -> LazyRows: ...  # type: ignore[override]
    def explain(self, *, sort: str) -> str: ...  # type: ignore[override]

class SlowSellersRow(NamedTuple):
    id: int
    title: str
    released: date
    price: Decimal
    artist_id: int
    category_id: int

class SlowSellers(NamedQuery[SlowSellersRow]):
    def __call__(self, *, most: Any) -> list[SlowSellersRow]: ...  # type: ignore[override]
    def fetch(self, *, most: Any) -> list[SlowSellersRow]: ...  # type: ignore[override]
    async def afetch(self, *, most: Any) -> list[SlowSellersRow]: ...  # type: ignore[override]
    def fetch_one(self, *, most: Any) -> SlowSellersRow: ...  # type: ignore[override]
    async def afetch_one(self, *, most: Any) -> SlowSellersRow: ...  # type: ignore[override]
    def fetch_value(self, *, most: Any) -> Any: ...  # type: ignore[override]
    async def afetch_value(self, *, most: Any) -> Any: ...  # type: ignore[override]
    def lazy(self, *, most: Any) -> LazyRows: ...  # type: ignore[override]
    def explain(self, *, most: Any) -> str: ...  # type: ignore[override]

class Queries(RawSQLManager):
    sales_by_label: SalesByLabel
    slow_sellers: SlowSellers
