"""Report what the labels sold."""

from shop.pages import Variant
from shop.providers import reports
from shop.services import sales

READERS = {"slow": reports.read_sales, "fast": reports.read_sales_at_once}


def report(variant: Variant) -> list[sales.Line]:
    """Return the lines of the report, by the names of the labels."""
    return sales.make_report(READERS[variant]())
