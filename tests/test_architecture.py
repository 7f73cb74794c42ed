"""The stairs of the house: imports go down only."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "queryaudit"

FLOORS = {
    "_compat": 0,
    "errors": 0,
    "conf": 0,
    "viewers": 0,
    "hooks": 0,
    "masking": 0,
    "recording": 1,
    "capture": 2,
    "findings": 2,
    "stores": 3,
    "reports": 3,
    "auditing": 4,
    "keeping": 5,
    "tasks": 5,
    "apps": 5,
    "checks": 5,
    "middleware": 5,
    "dashboard": 5,
    "management": 5,
    "panel": 5,
    "pytest_plugin": 5,
    "signals": 5,
    "testing": 5,
    "composite": 1,
    "dynamodb": 1,
    "rawsql": 1,
    "masterdata": 2,
}
# Usable without the auditor, which does without them: they stand on the ground floor or on
# another, and doors alone may use them.
WING = {"composite", "dynamodb", "masterdata", "rawsql"}
COMMON_TO_DOORS = {"checks", "keeping", "signals", "tasks", "testing"}
FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path) for path in FILES}


def imported_by(path: Path) -> Iterator[str]:
    """Yield each module of the package that the file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "") in MODULES:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield below if below in MODULES else str(node.module)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"


def room_of(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.parent != PACKAGE or path.stem != "__init__"],
    ids=name_of,
)
def test_imports_go_down_only(path: Path) -> None:
    here = name_of(path)
    floor = FLOORS[room_of(here)]
    for module in imported_by(path):
        assert module != "queryaudit", f"{here} imports the package that it is part of"
        room = room_of(module)
        if room == room_of(here):
            assert module != room or path.stem == "__init__"
            assert not here.startswith(f"{module}."), f"{here} imports the __init__ above it"
        elif floor == 5 and room in COMMON_TO_DOORS:
            continue
        else:
            if room in WING and room_of(here) not in WING:
                assert floor == 5, f"{here} is no door and imports {module} of the wing"
            if room_of(here) in WING:
                assert room in WING or FLOORS[room] == 0, f"{here} of the wing imports {module}"
            assert FLOORS[room] < floor or floor == 0 == FLOORS[room], (
                f"{here} (floor {floor}) imports {module} (floor {FLOORS[room]})"
            )


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(module) for module in MODULES if module != "queryaudit"}
    assert rooms == FLOORS.keys()


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    program = (
        "import sys, queryaudit;"
        "print([m for m in sys.modules if m.startswith(('queryaudit.', 'django'))])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_the_wing_does_not_load_the_auditor() -> None:
    program = (
        "import sys, django; from django.conf import settings; settings.configure();"
        "django.setup(); import queryaudit.composite, queryaudit.dynamodb, queryaudit.masterdata;"
        "import queryaudit.rawsql;"
        "print(sorted(m for m in sys.modules if 'queryaudit.' in m))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {room_of(module) for module in ast.literal_eval(result.stdout)}
    assert loaded <= {*WING, "errors", "hooks", "conf", "_compat"}


def test_optional_packages_are_imported_where_they_are_used() -> None:
    program = (
        "import sys, django; django.setup(); from queryaudit import stores; stores.current();"
        "print('redis' in sys.modules)"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": f"{PACKAGE.parent}:{PACKAGE.parent / 'demo_site'}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout.strip() == "False"


def test_unknown_names_raise_attribute_error() -> None:
    import queryaudit

    with pytest.raises(AttributeError, match="no attribute 'adit'"):
        queryaudit.adit  # noqa: B018
    assert set(queryaudit.__all__) <= set(dir(queryaudit))
    for name in queryaudit.__all__:
        assert getattr(queryaudit, name).__name__ == name
