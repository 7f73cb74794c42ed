"""Where a query was asked, through the whole stack of Django's ORM."""

import gc
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet
from django.template import Context, Engine
from django.template.backends.jinja2 import Jinja2
from django.test import override_settings

import queryaudit
from queryaudit.recording.callsite import CallSites
from queryaudit.recording.declarations import own_class
from queryaudit.recording.events import Learnt, TemplatePlace
from queryaudit.recording.recorder import Recorder
from tests.music.models import Album, Label

pytestmark = pytest.mark.django_db
HERE = Path(__file__)


def line_of(text: str) -> int:
    lines = HERE.read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.endswith(f"# {text}")]
    return number


def places(do: Callable[[], object]) -> list[str]:
    with queryaudit.audit() as audit:
        do()
    return [str(shape.place) for shape in audit.to_record().shapes]


def test_the_innermost_own_line_is_named() -> None:
    def count() -> int:
        return Label.objects.count()  # inner

    assert places(count) == [f"tests/recording/test_callsite.py:{line_of('inner')}"]


def test_the_line_of_a_template_is_named() -> None:
    def render() -> None:
        from django.template.loader import render_to_string

        render_to_string("albums.html", {"albums": Album.objects.all()})

    assert places(render) == ["tests/templates/albums.html:2"]


def test_own_code_that_a_template_calls_is_nearer_than_the_template(albums: list[Album]) -> None:
    class Shelf:
        def labels(self) -> QuerySet[Label]:
            return Label.objects.filter(pk__gt=0)

        def count(self) -> int:
            return Label.objects.count()  # called by a template

    template = Engine().from_string("{{ shelf.count }}")
    assert places(lambda: template.render(Context({"shelf": Shelf()}))) == [
        f"tests/recording/test_callsite.py:{line_of('called by a template')}"
    ]


def test_a_template_of_a_package_is_passed_over_for_the_own_one_around(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "inner.html"
    package.parent.mkdir()
    package.write_text("{{ labels.count }}")
    engine = Engine(dirs=[str(tmp_path / "site-packages"), str(HERE.parents[1] / "templates")])
    template = engine.get_template("outer.html")
    assert places(lambda: template.render(Context({"labels": Label.objects.all()}))) == [
        "tests/templates/outer.html:2"
    ]


def test_the_line_of_a_jinja_template_is_named(tmp_path: Path) -> None:
    """Jinja compiles templates to Python; its line numbers are not those of the file."""
    (tmp_path / "labels.jinja").write_text(
        "<ul>\n{% for n in [1] %}\n\n  {{ labels.count() }}\n{% endfor %}"
    )
    engine = Jinja2({"NAME": "jinja", "DIRS": [str(tmp_path)], "APP_DIRS": False, "OPTIONS": {}})
    with override_settings(QUERYAUDIT={"OWN": [tmp_path]}):
        template = engine.get_template("labels.jinja")
        assert places(lambda: template.render({"labels": Label.objects.all()})) == [
            "labels.jinja:4"
        ]


def test_a_template_made_of_a_string_has_no_file_and_is_passed_over() -> None:
    template = Engine().from_string("{{ labels.count }}")
    found = places(lambda: template.render(Context({"labels": Label.objects.all()})))  # the call
    assert found == [f"tests/recording/test_callsite.py:{line_of('the call')}"]


def test_the_learnt_depth_answers_like_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second question of one line costs one frame, not a walk; another line walks again."""
    sites, walks, walk = CallSites(), [], CallSites._walk

    def counted_walk(*args: Any) -> tuple[Learnt | None, Any]:
        walks.append(1)
        return walk(*args)

    def record(learnt: Learnt | None) -> Learnt | None:  # as the recorder stands between
        return sites.find(learnt)

    monkeypatch.setattr(CallSites, "_walk", counted_walk)
    learnt = None
    for _ in range(3):
        learnt = record(learnt)  # a line
    assert len(walks) == 1
    assert record(learnt) is not learnt  # another line
    assert len(walks) == 2


def test_a_stack_that_is_less_deep_walks_again() -> None:
    recorder = Recorder()

    def deep(depth: int) -> None:
        if depth:
            deep(depth - 1)
        else:
            recorder.record_query("default", "SELECT 1", 0.0, None)

    deep(sys.getrecursionlimit() // 3)
    deep(0)
    (query,) = recorder.queries
    assert query.count == 2


def test_a_template_node_is_read_once(albums: list[Album]) -> None:
    template = Engine(dirs=[str(HERE.parents[1] / "templates")]).get_template("albums.html")
    with queryaudit.audit() as audit:
        template.render(Context({"albums": Album.objects.all()}))
    found = [
        place
        for _, place in audit._recorder._places._nodes.values()
        if isinstance(place, TemplatePlace)
    ]
    assert sorted((place.name, place.line, place.text) for place in found) == [
        ("albums.html", 2, "for album in albums"),
        ("albums.html", 4, "album.artist.name"),
        ("albums.html", 5, "album.artist.label.name"),
    ]


def test_classes_made_at_run_time_are_not_kept_alive() -> None:
    """A form class made in a view may hold its request."""

    def make() -> "weakref.ref[type]":
        class Form:
            pass

        assert own_class(Form) is Form
        return weakref.ref(Form)

    made = make()
    gc.collect()
    assert made() is None
