"""Pieces of Django's forms and admin that are imitated or overridden, and what switches off."""

from typing import Any

import django
import pytest
from django.contrib.admin import sites, utils
from django.forms.models import BaseModelForm

from queryaudit.hooks import composite, composite_admin, composite_forms
from tests.composite.test_pins import READ, digest

_FORMS, _ADMIN = "django.forms.models", "django.contrib.admin"
# By piece: what its source was when it was read, in Django 5.2 and in 6.1.
KNOWN: dict[str, tuple[str, str]] = {
    "django.db.models.base:Model._get_field_expression_map": ("5bae05e1", "7ccd3921"),
    "django.db.models.base:Model.clean_fields": ("7117a0e7", "7117a0e7"),
    "django.db.models.base:Model._perform_unique_checks": ("476365b9", "476365b9"),
    "django.db.models.fields.related:ForeignKey.formfield": ("66f5632f", "66f5632f"),
    "django.db.models.fields.related:ForeignKey.validate": ("224566ef", "224566ef"),
    "django.forms.forms:BaseForm._clean_fields": ("7e311fac", "7e311fac"),
    f"{_FORMS}:BaseInlineFormSet._construct_form": ("dfbb3e26", "dfbb3e26"),
    f"{_FORMS}:BaseInlineFormSet.add_fields": ("23819dc9", "444f1af0"),
    f"{_FORMS}:BaseModelForm.__init__": ("7e8ad519", "36800809"),
    f"{_FORMS}:BaseModelForm._get_validation_exclusions": ("222097a9", "6083c148"),
    f"{_FORMS}:BaseModelForm._post_clean": ("7ac9e513", "a07bb36e"),
    f"{_FORMS}:BaseModelForm._update_errors": ("2c234679", "2c234679"),
    f"{_FORMS}:BaseModelFormSet._construct_form": ("2d1765d6", "2d1765d6"),
    f"{_FORMS}:BaseModelFormSet.add_fields": ("edf44d33", "edf44d33"),
    f"{_FORMS}:BaseModelFormSet.validate_unique": ("f65cec27", "90971460"),
    f"{_FORMS}:InlineForeignKeyField": ("f09060d4", "9e81855e"),
    f"{_FORMS}:ModelChoiceField.to_python": ("16e98e1e", "b0230288"),
    f"{_FORMS}:ModelFormMetaclass": ("45e0c048", "45e0c048"),
    f"{_FORMS}:_get_foreign_key": ("48d68de9", "48d68de9"),
    f"{_FORMS}:construct_instance": ("c6fb0536", "1a68418f"),
    f"{_FORMS}:fields_for_model": ("348abd51", "7876ab81"),
    f"{_ADMIN}.checks:BaseModelAdminChecks._check_autocomplete_fields_item": (
        "d458fd55",
        "c872039d",
    ),
    f"{_ADMIN}.checks:BaseModelAdminChecks._check_raw_id_fields_item": ("a6d1378b", "a6d1378b"),
    f"{_ADMIN}.checks:BaseModelAdminChecks._check_radio_fields_key": ("5a3948d2", "5a3948d2"),
    f"{_ADMIN}.filters:RelatedFieldListFilter": ("4445a941", "4445a941"),
    f"{_ADMIN}.options:BaseModelAdmin.formfield_for_dbfield": ("094749c2", "0bd7c8af"),
    f"{_ADMIN}.options:BaseModelAdmin.formfield_for_foreignkey": ("643c483f", "643c483f"),
    f"{_ADMIN}.options:BaseModelAdmin.get_view_on_site_url": ("b22ffb67", "b22ffb67"),
    f"{_ADMIN}.options:ModelAdmin.get_changelist_form": ("e7029191", "e7029191"),
    f"{_ADMIN}.options:ModelAdmin.get_form": ("5dc08521", "5dc08521"),
    f"{_ADMIN}.options:ModelAdmin.response_add": ("ff7fe9b8", "3c875064"),
    f"{_ADMIN}.options:ModelAdmin.response_change": ("8a846a3a", "09113b63"),
    f"{_ADMIN}.options:ModelAdmin.response_delete": ("4ff84352", "a09d652b"),
    f"{_ADMIN}.sites:AdminSite.register": ("6457ee60", "7188d341"),
    f"{_ADMIN}.utils:quote": ("99e5d6a6", "99e5d6a6"),
    f"{_ADMIN}.utils:unquote": ("4a2ee8bf", "4a2ee8bf"),
    f"{_ADMIN}.views.autocomplete:AutocompleteJsonView": ("cfe41244", "cfe41244"),
    f"{_ADMIN}.views.main:ChangeList.apply_select_related": ("4842aab3", "1500edbd"),
    f"{_ADMIN}.views.main:ChangeList.get_ordering": ("61e38333", "04b8700b"),
    f"{_ADMIN}.views.main:ChangeList.url_for_result": ("2e11d4e1", "2e11d4e1"),
    f"{_ADMIN}.widgets:AutocompleteMixin.optgroups": ("141bb09e", "141bb09e"),
    f"{_ADMIN}.widgets:ForeignKeyRawIdWidget.label_and_url_for_value": ("b41c8287", "b41c8287"),
    f"{_ADMIN}.widgets:RelatedFieldWidgetWrapper.get_context": ("3bed02f6", "a5ac29ed"),
}


@pytest.mark.skipif(django.VERSION[:2] not in READ, reason="a Django that was not read")
@pytest.mark.parametrize("piece", KNOWN)
def test_what_is_imitated_is_as_it_was_read(piece: str) -> None:
    assert digest(piece) == KNOWN[piece][READ.index(django.VERSION[:2])]


def test_every_patch_fits() -> None:
    patches = [
        *(composite.clean_fields, composite.constrained_values),
        *(composite.save, composite.bulk_update, composite_forms.find_parent),
        *(composite_admin.register_model, *composite_admin.quotes),
        *(composite_admin.serialize_result, composite_admin.find_checked_parent),
    ]
    assert [patch.problem for patch in patches] == [None] * len(patches)


def test_the_patches_of_the_admin_switch_off_when_django_needs_them_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert composite_admin.refuses_composite_keys()
    assert composite_admin.quotes_texts_only()

    def register(self: Any) -> None:
        """Take every model."""

    monkeypatch.setattr(sites.AdminSite, "register", register)
    assert not composite_admin.refuses_composite_keys()
    monkeypatch.setattr(composite_admin, "quote", str)
    assert not composite_admin.quotes_texts_only()


def test_the_check_of_constraints_below_a_row_switches_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BaseModelForm, "validate_constraints", None, raising=False)
    assert not composite_forms.leaves_out_parents()


def test_texts_are_quoted_as_django_quotes_them() -> None:
    assert utils.quote("a/b") == "a_2Fb"
    others: list[Any] = [12, ("a/b",)]
    assert [utils.quote(one) for one in others] == others, "only keys of ours have a text"
