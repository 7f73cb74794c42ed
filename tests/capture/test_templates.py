"""Templates on the line of time."""

from pathlib import Path

import pytest
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.backends.django import Template
from django.template.backends.jinja2 import Jinja2
from django.template.loader import render_to_string
from django.test import RequestFactory

import queryaudit
from queryaudit import capture
from tests.music.models import Album


def test_a_template_is_a_phase_of_the_audit(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        render(RequestFactory().get("/"), "albums.html", {"albums": Album.objects.all()})
    record = audit.to_record()
    (phase,) = record.phases
    assert phase.name == "albums.html"
    assert 0 <= phase.start < record.duration
    assert 0 < phase.seconds <= record.duration


def test_widgets_of_a_form_are_no_phases_of_their_own(db: None) -> None:
    from django import forms

    class Form(forms.Form):
        name = forms.CharField()

    with queryaudit.audit() as audit:
        str(Form())
    assert [phase.name for phase in audit.to_record().phases] == ["django/forms/div.html"]


def test_jinja_templates_are_phases_as_well(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("hello {{ name }}")
    options = {"NAME": "jinja2", "DIRS": [tmp_path], "APP_DIRS": False, "OPTIONS": {}}
    engine = Jinja2(options)
    with queryaudit.audit() as audit:
        assert engine.get_template("page.html").render({"name": "you"}) == "hello you"
    assert [phase.name for phase in audit.to_record().phases] == ["page.html"]


def test_a_template_that_fails_is_recorded_and_the_error_is_the_sites(db: None) -> None:
    def explode() -> None:
        raise ZeroDivisionError

    with queryaudit.audit() as audit:
        with pytest.raises(ZeroDivisionError):
            render_to_string("albums.html", {"albums": explode})
        with pytest.raises(TemplateDoesNotExist):
            render_to_string("no such template.html")
    assert [phase.name for phase in audit.to_record().phases] == ["albums.html"]


def test_the_phases_of_an_inner_audit_are_those_of_the_outer_one(db: None) -> None:
    with queryaudit.audit() as outer, queryaudit.audit() as inner:
        render_to_string("albums.html", {"albums": []})
    assert [phase.name for phase in outer.to_record().phases] == ["albums.html"]
    assert [phase.name for phase in inner.to_record().phases] == ["albums.html"]


@pytest.mark.usefixtures("_uninstalled")
def test_out_of_the_hooks_django_has_its_own_function_back() -> None:
    original = Template.render
    capture.install()
    assert Template.render is not original
    capture.uninstall()
    assert Template.render is original
