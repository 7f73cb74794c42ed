"""The shop of the demo's tests, for journeys through it."""

from tests.demo_site.conftest import shop

__all__ = ["shop"]
