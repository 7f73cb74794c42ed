"""A fix that begins with a dot is the whole edit: made in the source, it cures and counts right."""

import importlib.util
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from queryaudit import Audit
from tests.corpus.edit import insert
from tests.corpus.scenario import FOLDER, Scenario, scenarios_of
from tests.corpus.verdict import run


@pytest.mark.usefixtures("rows")
def test_a_declared_fix_leaves_what_it_says(scenario: Scenario, tmp_path: Path) -> None:
    """Whatever the rules find: the corpus itself promises nothing false."""
    for expected in scenario.expected:
        (place,) = scenario.lines_of(expected.queryset)
        assert isinstance(expected.fix, str)
        audit, result = audit_of_edited(scenario, str(place), expected.fix, tmp_path)
        assert result == run(scenario, scenario.right)[1]
        assert audit.query_count == expected.left


@pytest.mark.usefixtures("rows")
def test_a_printed_fix_cures_as_promised(scenario: Scenario, tmp_path: Path) -> None:
    assert scenario.wrong is not None
    before, result_before = run(scenario, scenario.wrong)
    assert before.findings
    for finding in before.findings:
        audit, result = audit_of_edited(scenario, str(finding.fix_at), finding.fix, tmp_path)
        assert result == result_before
        assert audit.query_count == finding.expected_count
        # The edited line is another line, hence another id: what must be gone is the cause.
        gone = finding.kind, finding.relation
        assert gone not in {(each.kind, each.relation) for each in audit.findings}


def audit_of_edited(scenario: Scenario, place: str, fix: str, folder: Path) -> tuple[Audit, object]:
    """Make ``fix`` at ``place``, a line of the scenario's own module, and audit the wrong piece."""
    path, line = place.rsplit(":", 1)
    original = FOLDER.parents[1] / path
    # The name tells the type checker's caches and the line caches that it is another module.
    edited = folder / f"{original.stem}_{abs(hash((place, fix)))}.py"
    edited.write_text(insert(original.read_text(), int(line), fix))
    spec = importlib.util.spec_from_file_location(edited.stem, edited)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    name = scenario.name.rpartition(".")[2]
    here = {**settings.QUERYAUDIT, "OWN": [folder]}
    with override_settings(QUERYAUDIT=here), pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, edited.stem, module)
        spec.loader.exec_module(module)
        (changed,) = [s for s in scenarios_of(module) if s.name.endswith(f".{name}")]
        assert changed.wrong is not None
        return run(changed, changed.wrong)
