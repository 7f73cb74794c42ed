import subprocess
import sys
import tarfile
from pathlib import Path

import django
import pytest

from tests.django_suite.source import tests_of_django as get_tests

NAME = f"django-{django.__version__}"


@pytest.fixture
def _no_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of pip, an archive that is packed as Django's."""
    for file in ("tests/runtests.py", "tests/queries/tests.py", "django/__init__.py"):
        path = tmp_path / "source" / NAME / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)

    def run(command: list[str], *, check: bool) -> None:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        assert command[-1] == f"django=={django.__version__}"
        target = Path(command[command.index("--dest") + 1])
        with tarfile.open(target / f"{NAME}.tar.gz", "w:gz") as archive:
            archive.add(tmp_path / "source" / NAME, NAME)

    monkeypatch.setattr(subprocess, "run", run)


@pytest.mark.usefixtures("_no_registry")
def test_the_tests_of_the_installed_django_are_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    tests = get_tests(cache)
    assert (tests / "queries" / "tests.py").read_text() == "tests/queries/tests.py"
    assert sorted(path.name for path in tests.parent.iterdir()) == ["tests"]
    assert sorted(path.name for path in cache.iterdir()) == [NAME, f"{NAME}.tar.gz"]

    monkeypatch.setattr(subprocess, "run", None)
    assert get_tests(cache) == tests


@pytest.mark.usefixtures("_no_registry")
def test_what_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / f"{NAME}.part" / NAME / "tests" / "half").mkdir(parents=True)
    tests = get_tests(cache)
    assert sorted(path.name for path in tests.iterdir()) == ["queries", "runtests.py"]
