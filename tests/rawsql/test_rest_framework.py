"""Pages of Django REST framework over rows of raw SQL."""

import pytest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.pagination import BasePagination, LimitOffsetPagination, PageNumberPagination
from rest_framework.request import Request

import queryaudit
from tests.rawsql.models import Measured


class MeasuredSerializer(serializers.Serializer):
    title = serializers.CharField()
    size = serializers.IntegerField()


class Pages(PageNumberPagination):
    page_size = 2


class Stretches(LimitOffsetPagination):
    default_limit = 2


@pytest.mark.parametrize(
    ("pagination", "query"),
    [(Pages(), {"page": "2"}), (Stretches(), {"offset": "2"})],
    ids=["pages", "stretches"],
)
def test_a_page_asks_for_the_count_and_its_own_rows(
    pagination: BasePagination, query: dict[str, str], db: None
) -> None:
    Measured.objects.bulk_create(Measured(title=f"row {n}", size=n) for n in range(4))
    rows = Measured.rows.lazy("SELECT title, size FROM t ORDER BY size DESC")
    request = Request(RequestFactory().get("/", query))
    with queryaudit.audit() as audit:
        page = pagination.paginate_queryset(rows, request)
        response = pagination.get_paginated_response(MeasuredSerializer(page, many=True).data)
    assert response.data["count"] == 4
    assert response.data["next"] is None
    assert [dict(row) for row in response.data["results"]] == [
        {"title": "row 1", "size": 1},
        {"title": "row 0", "size": 0},
    ]
    assert audit.query_count == 2
