"""What the marker ``queryaudit`` says."""

import pytest

from queryaudit.testing.expectations import Expectation

_ALLOWED = {
    "max_queries": "a whole number from 0",
    "no_n_plus_one": "True or False",
    "no_findings": "True or False",
    "allow": 'a list of relations or ids, ["shop.Album.tags"]',
}


def expectation_of(item: pytest.Item) -> Expectation:
    """Return what the markers of a test ask for; the nearest one decides each keyword."""
    values: dict[str, object] = {}
    for marker in item.iter_markers("queryaudit"):
        for name, value in marker.kwargs.items():
            values.setdefault(name, tuple(value) if name == "allow" else value)
    return Expectation(**values)  # type: ignore[arg-type]  # check_marker() has seen them


def check_marker(item: pytest.Item, marker: pytest.Mark) -> None:
    """Raise UsageError where the marker has other keywords or values than it may."""
    problem = ""
    if marker.args:
        problem = f"takes keywords only and came with {marker.args!r}"
    for name, value in marker.kwargs.items():
        if name not in _ALLOWED:
            problem = f"has no keyword {name!r}"
        elif not _fits(name, value):
            problem = f"has {name}={value!r}; allowed is {_ALLOWED[name]}"
    if problem:
        names = ", ".join(_ALLOWED)
        msg = f"{item.nodeid}: the marker queryaudit {problem}. Its keywords: {names}."
        raise pytest.UsageError(msg)


def _fits(name: str, value: object) -> bool:
    if name == "max_queries":
        return type(value) is int and value >= 0
    if name == "allow":
        return isinstance(value, (list, tuple, set)) and all(isinstance(one, str) for one in value)
    return isinstance(value, bool)
