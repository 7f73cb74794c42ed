"""Get the tests of the installed Django, which its wheel leaves out."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import django

CONSTRAINTS = Path(__file__).resolve().parents[2] / "constraints.txt"


def tests_of_django(cache: Path) -> Path:
    """Return the folder ``tests`` of the installed Django's source; the first time get it."""
    folder = cache / f"django-{django.__version__}"
    tests = folder / "tests"
    if not tests.is_dir():
        unpacked = _unpack(_download(cache), cache / f"{folder.name}.part")
        # Renamed when it is whole: what was interrupted is begun anew.
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)
    return tests


def _download(cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache)]
    build = ["--build-constraint", str(CONSTRAINTS)]
    subprocess.run(
        [*pip, "--no-binary", "django", *build, f"django=={django.__version__}"], check=True
    )
    return cache / f"django-{django.__version__}.tar.gz"


def _unpack(archive: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(archive) as source:
        (top,) = {name.partition("/")[0] for name in source.getnames()}
        members = [one for one in source if one.name.startswith(f"{top}/tests/")]
        source.extractall(target, members, filter="data")
    for part in (target / top).iterdir():
        part.rename(target / part.name)
    (target / top).rmdir()
    return target
