import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from queryaudit.hooks import patches
from queryaudit.hooks.patches import Patch


class Shop:
    def sell(self, amount: int) -> int:
        return amount


class Branch(Shop):
    pass


TARGET = f"{__name__}:Shop.sell"


@pytest.fixture(autouse=True)
def _known_patches() -> Iterator[None]:
    known = list(patches._patches)
    yield
    patches._patches[:] = known


def times(factor: int) -> Callable[[Callable[..., int]], Callable[..., int]]:
    def decorate(proceed: Callable[..., int]) -> Callable[..., int]:
        return lambda self, amount: factor * proceed(self, amount)

    return decorate


def plus(number: int) -> Callable[[Callable[..., int]], Callable[..., int]]:
    def decorate(proceed: Callable[..., int]) -> Callable[..., int]:
        return lambda self, amount: number + proceed(self, amount)

    return decorate


def test_the_first_subscriber_patches_and_the_last_puts_back() -> None:
    original = vars(Shop)["sell"]
    patch, double, more = Patch(TARGET, ("self", "amount")), times(2), plus(1)
    patch.subscribe(double)
    patch.subscribe(more)
    assert Shop().sell(10) == 21
    patch.unsubscribe(double)
    assert Shop().sell(10) == 11
    patch.unsubscribe(more)
    assert vars(Shop)["sell"] is original


def test_subscribing_twice_and_leaving_twice_change_nothing() -> None:
    original = vars(Shop)["sell"]
    patch, double = Patch(TARGET, ("self", "amount")), times(2)
    patch.subscribe(double)
    patch.subscribe(double)
    assert Shop().sell(10) == 20
    patch.unsubscribe(double)
    patch.unsubscribe(double)
    assert vars(Shop)["sell"] is original


def test_an_inherited_function_leaves_no_attribute_behind() -> None:
    patch, double = Patch(f"{__name__}:Branch.sell", ("self", "amount")), times(2)
    patch.subscribe(double)
    assert (Branch().sell(10), Shop().sell(10)) == (20, 10)
    patch.unsubscribe(double)
    assert "sell" not in vars(Branch)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("no_such_module:Shop.sell", "No module named 'no_such_module'"),
        (f"{__name__}:Shop.buy", "no attribute 'buy'"),
        (TARGET, "its parameters are \\('self', 'amount'\\), known are \\('self', 'price'\\)"),
    ],
)
def test_what_does_not_fit_is_left_alone_and_said(target: str, said: str) -> None:
    original = vars(Shop)["sell"]
    patch = Patch(target, ("self", "price"))
    patch.subscribe(times(2))
    assert vars(Shop)["sell"] is original
    assert patch.problem is not None
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(patches.problems()[-1])


def test_a_patch_of_somebody_else_with_other_parameters_fits(monkeypatch: Any) -> None:
    def sell(*args: Any, **kwargs: Any) -> int:
        return 5

    monkeypatch.setattr(Shop, "sell", sell)
    patch, double = Patch(TARGET, ("self", "amount")), times(2)
    patch.subscribe(double)
    assert Shop().sell(1) == 10
    patch.unsubscribe(double)
    assert isinstance(vars(Shop)["sell"], types.FunctionType)
    assert vars(Shop)["sell"] is sell


def test_a_patch_on_top_of_ours_is_not_torn_out(monkeypatch: Any) -> None:
    patch, double = Patch(TARGET, ("self", "amount")), times(2)
    patch.subscribe(double)
    ours = Shop.sell
    monkeypatch.setattr(Shop, "sell", lambda self, amount: 100 + ours(self, amount))
    patch.unsubscribe(double)
    assert Shop().sell(1) == 102
    assert "patched by another package after queryaudit" in (patch.problem or "")
    monkeypatch.undo()
    patch.subscribe(double)
    patch.unsubscribe(double)
