"""The documentation says what is so."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

import queryaudit
from queryaudit.auditing import Audit
from queryaudit.conf.settings import EDITORS, Settings
from queryaudit.findings.base import KINDS, Finding
from queryaudit.hooks import patches

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
PACKAGE = sorted((ROOT / "queryaudit").rglob("*.py"))


def test_every_setting_is_documented_with_its_default() -> None:
    (block,) = re.findall(r"```python\n(QUERYAUDIT = .*?)```", SETTINGS, re.DOTALL)
    documented = ast.literal_eval(block.removeprefix("QUERYAUDIT = "))
    defaults = Settings()
    names = {option.name.rstrip("_").upper(): option.name for option in fields(defaults)}
    assert documented.keys() == names.keys()
    nested = {key: documented.pop(key) for key in ("ADVICE", "DYNAMODB", "LIMITS", "MASTERDATA")}
    for key, value in nested.items():
        below = getattr(defaults, names[key])
        assert value == {o.name.upper(): getattr(below, o.name) for o in fields(below)}
    assert all(getattr(defaults, names[key]) == value for key, value in documented.items())
    for key in [*names, *(f'{outer}["{key}"]' for outer in nested for key in nested[outer])]:
        assert f"| `{key}` |" in SETTINGS


def test_every_check_is_documented() -> None:
    source = "".join(path.read_text() for path in PACKAGE)
    assert set(re.findall(r"queryaudit\.[EW]\d+", source)) == set(
        re.findall(r"\| `(queryaudit\.[EW]\d+)` \|", SETTINGS)
    )


def test_every_patched_function_is_documented() -> None:
    from queryaudit.capture import install

    install()
    text = (ROOT / "docs" / "how-it-works.md").read_text()
    for patch in patches._patches:
        is_named = not patch.target.startswith("tests.") and ":QuerySet.a" not in patch.target
        if is_named:  # the async methods of a queryset stand under one name
            assert f"`{patch.target.partition(':')[2]}`" in text


def test_every_public_attribute_of_audit_and_finding_is_documented() -> None:
    text = (ROOT / "docs" / "audit.md").read_text()
    properties = [
        name
        for cls in (Audit, Finding)
        for name, member in vars(cls).items()
        if isinstance(member, property) and name != "title"
    ]
    for name in properties:
        assert f"`{name}`" in text, name


def test_every_kind_is_documented() -> None:
    text = (ROOT / "docs" / "audit.md").read_text()
    for kind in KINDS.values():
        assert f"| `{kind.name}` | `{kind.prefix}-` | {kind.severity} |" in text


def test_every_editor_is_documented() -> None:
    for editor in EDITORS:
        assert f"`{editor}`" in SETTINGS


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_every_command_of_the_readme_and_of_contributing_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md", "docs/demo.md"):
        text = (ROOT / page).read_text()
        assert set(re.findall(r"(?:^\$ |`)make ([a-z-]+)", text, re.MULTILINE)) <= targets


def test_the_bounds_are_those_of_the_code() -> None:
    from queryaudit.recording import rowtree, texts

    text = (ROOT / "docs" / "how-it-works.md").read_text()
    for bound in (texts.MAX_TEXTS, rowtree.MAX_ROWSETS, rowtree.MAX_PLACES):
        assert f"{bound:,}" in text


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_name_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or not path.read_text().strip(), path
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node]
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                names += [
                    n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
                ]
            for name in names:
                if not name.name.startswith("_"):
                    assert ast.get_docstring(name), f"{path.name}: {name.name}"


def test_the_version_stands_once() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", queryaudit.__version__)
