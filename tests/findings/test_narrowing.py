"""What the code asks of a set, read from its source and written for another line."""

import pytest

from queryaudit.findings.narrowing import narrowing_of


@pytest.mark.parametrize(
    ("calls", "code", "condition", "known"),
    [
        ("", "", "", True),
        (".all()", "", "", True),
        (".count()", "", "", True),
        (".filter(a=1).count()", ".filter(a=1)", "Q(x__a=1)", True),
        (".filter(a=1, b=2)", ".filter(a=1, b=2)", "Q(x__a=1, x__b=2)", True),
        (".exclude(a=1).exists()", ".exclude(a=1)", "~Q(x__a=1)", True),
        (".filter(a=1).exclude(b=2)", ".filter(a=1).exclude(b=2)", "Q(x__a=1) & ~Q(x__b=2)", True),
        (".get(a=1).title", ".filter(a=1)", "Q(x__a=1)", True),
        (".order_by('a')[:3]", ".order_by('a')", "", True),
        (".latest('a')", '.order_by("-a")', "", True),
        (".earliest('a')", ".order_by('a')", "", True),
        (".latest('-a')", '.order_by("a")', "", True),
        (".values_list('a', flat=True)", "", "", True),
        (".recent()", ".recent()", "Q(...)", False),
        (".filter(Q(a=1) | Q(b=2))", ".filter(Q(a=1) | Q(b=2))", "Q(...)", False),
        (".filter(**names)", ".filter(**names)", "Q(...)", False),
        (".contains(row)", "", "Q(...)", False),
        (".filter(a=1).count().bit_length()", ".filter(a=1)", "Q(x__a=1)", True),
        ("?", "", "Q(...)", False),
        (".filter(a=", "", "Q(...)", False),
        ("[0].a(1)(2)", "", "Q(...)", False),
    ],
)
def test_calls_become_code_and_a_condition(
    calls: str, code: str, condition: str, known: bool
) -> None:
    found = narrowing_of(calls)
    assert (found.code, found.condition("x"), found.is_known) == (code, condition, known)


def test_aggregates_values_and_distinct_are_noted() -> None:
    found = narrowing_of(
        ".aggregate(Sum('a'), top=models.Max('b'), odd=Sum(F('c')), many=Sum('d', filter=q))"
    )
    assert found.aggregates == [("a__sum", "Sum", "a"), ("top", "Max", "b")]
    found = narrowing_of(".values('a').distinct().count()")
    assert (found.values, found.is_distinct) == (["a"], True)


def test_names_of_a_loop_are_left_out() -> None:
    """The queryset's line has none of them."""
    found = narrowing_of(".filter(a=row.pk, b=1).exclude(c=row.c)")
    found.forget({"other"})
    assert found.is_complete
    found.forget({"row"})
    assert found.code == ".filter(a=..., b=1).exclude(c=...)"
    assert found.condition("x") == "Q(x__a=..., x__b=1) & ~Q(x__c=...)"
    assert (found.is_known, found.is_complete) == (False, False)
