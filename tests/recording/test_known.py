"""What one recording learnt of the code serves the next, and counts only where it still fits."""

import gc
import weakref
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Engine

import queryaudit
from queryaudit.recording import known
from queryaudit.recording.callsite import CallSites
from queryaudit.recording.events import Learnt, Place, TemplatePlace
from tests.music.models import Artist, Label


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_known", known.Known())


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry for each walk over the stack."""
    found: list[Any] = []
    walk = CallSites._walk

    def counted_walk(*args: Any) -> Any:
        found.append(args)
        return walk(*args)

    monkeypatch.setattr(CallSites, "_walk", counted_walk)
    return found


def ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def places_of(run: Any) -> list[Any]:
    with queryaudit.audit() as audit:
        run()
    return [query.place for query in audit._recorder.queries]


def test_the_next_recording_looks_where_the_last_one_found(db: None, walks: list[Any]) -> None:
    first = places_of(ask)
    walked = len(walks)
    assert walked >= 1
    assert places_of(ask) == first
    assert len(walks) == walked


def test_all_lines_that_make_querysets_of_a_model_are_learnt(db: None, walks: list[Any]) -> None:
    def page() -> list[Any]:
        return [
            Label.objects.order_by("name"),
            Label.objects.filter(name="x"),
            Label.objects.all(),
        ]

    def origins() -> list[Any]:
        with queryaudit.audit():
            return [rows.query.__dict__["queryaudit_origin"].place for rows in page()]

    first = origins()
    assert len({place.line for place in first}) == 3
    walked = len(walks)
    assert origins() == first
    assert len(walks) == walked


def test_a_line_that_calls_what_it_was_given_makes_only_what_it_makes(db: None) -> None:
    def load(make: Any) -> Any:
        return make()

    def place_of(rows: Any) -> Any:
        return rows.query.__dict__["queryaudit_origin"].place

    def make_artists() -> Any:
        return Artist.objects.get_queryset()

    with queryaudit.audit():
        load(Label.objects.all)
        Artist.objects.all()
        made = place_of(load(make_artists))
    assert made.code is make_artists.__code__


def test_models_that_come_and_go_are_not_held_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MAX_KNOWN", 2)
    learnt = known.Known()
    found = Learnt(5, ask.__code__, ask.__code__, 0, Place(ask.__code__, 0, own=True))
    for name in ("A", "B", "C"):
        learnt.learn_maker(type(name, (), {}), found)
    assert learnt.is_full


def test_the_same_text_from_another_line_is_found_there(db: None) -> None:
    def ask_elsewhere() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    (first,), (second,) = places_of(ask), places_of(ask_elsewhere)
    assert isinstance(first, Place)
    assert isinstance(second, Place)
    assert (first.code, second.code) == (ask.__code__, ask_elsewhere.__code__)
    assert places_of(ask) == [first]


def test_lines_learnt_are_learnt_anew_where_they_are_too_many(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "MAX_KNOWN", 2)
    for number in range(6):
        code = compile(f"q.execute('SELECT {number}')", __file__, "exec")
        with connection.cursor() as cursor:
            places_of(lambda code=code, q=cursor: exec(code, {"q": q}))  # noqa: S102
    assert len(known.known().learnt) <= 3


def test_a_node_is_kept_no_longer_than_its_template(db: None, settings: Any, tmp_path: Any) -> None:
    settings.QUERYAUDIT = {"OWN": [str(tmp_path)]}
    (tmp_path / "labels.html").write_text("{% for label in labels %}{{ label.name }}{% endfor %}")
    engine = Engine(dirs=[str(tmp_path)], loaders=["django.template.loaders.filesystem.Loader"])
    nodes: list[weakref.ref[Any]] = []

    def render() -> None:
        template = engine.get_template("labels.html")
        nodes.append(weakref.ref(template.nodelist[0]))
        template.render(Context({"labels": Label.objects.all()}))

    (place,) = places_of(render)
    assert isinstance(place, TemplatePlace)
    gc.collect()
    assert nodes[0]() is None


def test_a_node_that_is_kept_is_known_to_the_next_recording(
    db: None, settings: Any, tmp_path: Any
) -> None:
    settings.QUERYAUDIT = {"OWN": [str(tmp_path)]}
    (tmp_path / "labels.html").write_text("{% for label in labels %}{{ label.name }}{% endfor %}")
    engine = Engine(dirs=[str(tmp_path)], loaders=["django.template.loaders.filesystem.Loader"])
    templates = [engine.get_template("labels.html")]

    def render() -> None:
        templates[0].render(Context({"labels": Label.objects.all()}))

    (first,) = places_of(render)
    assert places_of(render) == [first]
    learnt = known.known()
    assert [place for _, place in learnt.nodes.values()] == [first]
    templates.clear()
    gc.collect()
    assert not learnt.nodes


def test_the_same_text_from_another_template_is_found_there(
    db: None, settings: Any, tmp_path: Any
) -> None:
    settings.QUERYAUDIT = {"OWN": [str(tmp_path)]}
    engine = Engine(dirs=[str(tmp_path)])
    templates = []
    for name in ("a.html", "b.html"):
        (tmp_path / name).write_text("{% for label in labels %}{{ label.name }}{% endfor %}")
        templates.append(engine.get_template(name))
    for template in (*templates, *templates):
        labels = Label.objects.all()
        (place,) = places_of(lambda t=template, c=labels: t.render(Context({"labels": c})))
        assert isinstance(place, TemplatePlace)
        assert place.name == template.name


def test_settings_that_change_forget_whose_a_line_is(db: None, settings: Any) -> None:
    (before,) = places_of(ask)
    settings.QUERYAUDIT = {}
    (after,) = places_of(ask)
    assert before is not after
    assert before.own
    assert after.own
