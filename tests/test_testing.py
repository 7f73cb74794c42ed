"""Assertions for unittest."""

import unittest

import pytest
from django.test import TestCase

from queryaudit.testing import QueryAuditMixin
from tests.music.models import Artist, Label


def make_artists(count: int) -> None:
    for number in range(count):
        label = Label.objects.create(name=f"label {number}")
        Artist.objects.create(name=f"artist {number}", label=label)


def read_slowly() -> list[str]:
    return [artist.label.name for artist in Artist.objects.all()]


def read_at_once() -> list[str]:
    return [artist.label.name for artist in Artist.objects.select_related("label")]


class TestAssertions(QueryAuditMixin, TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        make_artists(3)

    def test_at_most_so_many_queries(self) -> None:
        with self.assertMaxQueries(1) as audit:
            read_at_once()
        assert audit.query_count == 1
        with (
            pytest.raises(self.failureException, match=r"4 queries, budget 1 \(3 over\)") as told,
            self.assertMaxQueries(1),
        ):
            read_slowly()
        assert 'fix .select_related("label") at tests/test_testing.py' in str(told.value)

    def test_no_findings(self) -> None:
        with self.assertNoFindings():
            read_at_once()
        with (
            pytest.raises(AssertionError, match=r"3x music\.Artist\.label"),
            self.assertNoFindings(),
        ):
            read_slowly()
        with self.assertNoFindings(allow=["music.Artist.label"]):
            read_slowly()
        with (
            pytest.warns(UserWarning, match=r"allow names 'music\.Artist\.label'"),
            self.assertNoFindings(allow=["music.Artist.label"]),
        ):
            read_at_once()

    def test_an_error_of_the_block_stays(self) -> None:
        with pytest.raises(ZeroDivisionError), self.assertMaxQueries(0):
            read_slowly()
            1 / 0  # noqa: B018

    def test_no_growth(self) -> None:
        growth = self.assertQueriesDoNotGrow(make_artists, read_at_once)
        assert (growth.few.query_count, growth.many.query_count) == (1, 1)
        with pytest.raises(AssertionError, match="12 for 2 rows, 16 for 6"):
            # Two rows more each: those that are there count, too.
            self.assertQueriesDoNotGrow(make_artists, read_slowly)

    def test_what_no_finding_tells_is_told_by_its_statements(self) -> None:
        def ask() -> None:
            for number in range(Artist.objects.count()):
                list(Label.objects.filter(name=f"label {number}").values("id")[: number + 1])

        with pytest.raises(AssertionError, match="queries grow with the rows"):
            self.assertQueriesDoNotGrow(make_artists, ask)

    def test_numbers_that_do_not_grow_are_refused(self) -> None:
        with pytest.raises(ValueError, match="small is 6 and large 2"):
            self.assertQueriesDoNotGrow(make_artists, read_at_once, small=6, large=2)


def test_the_mixin_needs_no_case_of_django() -> None:
    assert not issubclass(QueryAuditMixin, unittest.TestCase)
