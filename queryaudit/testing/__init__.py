"""What tests say about queries: at most so many, no findings, no growth with the rows.

``QueryAuditMixin`` is for unittest's test cases, Django's among them; the pytest plugin has
the same as a marker and fixtures.
"""

from queryaudit.testing.assertions import QueryAuditMixin
from queryaudit.testing.expectations import Expectation
from queryaudit.testing.growth import Growth, measure_growth

__all__ = ["Expectation", "Growth", "QueryAuditMixin", "measure_growth"]
