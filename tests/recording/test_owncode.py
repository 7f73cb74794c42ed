import json
import sysconfig
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import django
import pytest
from django.test import override_settings

from queryaudit.recording import owncode
from queryaudit.recording.owncode import Owner, owner_of, relative

ROOT = Path(__file__).resolve().parents[2]
DJANGO = Path(django.__file__).parent


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        (__file__, Owner.OWN),
        (ROOT / "demo_site" / "shop" / "models.py", Owner.OWN),
        (ROOT / "queryaudit" / "auditing" / "judged.py", Owner.MACHINERY),
        (DJANGO / "db" / "models" / "query.py", Owner.MACHINERY),
        (DJANGO / "core" / "handlers" / "base.py", Owner.BORDER),
        (DJANGO / "contrib" / "admin" / "options.py", Owner.PACKAGE),
        (Path(sysconfig.get_path("stdlib")) / "json" / "decoder.py", Owner.MACHINERY),
        (Path(sysconfig.get_path("stdlib")) / "threading.py", Owner.BORDER),
        (Path(sysconfig.get_path("stdlib")) / "site-packages" / "lib.py", Owner.PACKAGE),
        (ROOT / ".venv" / "lib" / "python3.11" / "site-packages" / "lib.py", Owner.PACKAGE),
        (ROOT / "vendor" / "dist-packages" / "lib.py", Owner.PACKAGE),
        ("/elsewhere/app.py", Owner.PACKAGE),
        ("<string>", Owner.MACHINERY),
        ("<console>", Owner.OWN),
        ("<stdin>", Owner.OWN),
        (DJANGO / "core" / "management" / "base.py", Owner.BORDER),
    ],
)
def test_who_can_edit_a_file(file: str | Path, owner: Owner) -> None:
    assert owner_of(str(file)) is owner


def test_the_setting_own_adds_roots(tmp_path: Path) -> None:
    file = str(tmp_path / "lib" / "a.py")
    assert owner_of(file) is Owner.PACKAGE
    with override_settings(QUERYAUDIT={"OWN": [tmp_path]}):
        assert owner_of(file) is Owner.OWN
        assert relative(file) == "lib/a.py"
    assert owner_of(file) is Owner.PACKAGE


def test_a_path_is_relative_to_the_innermost_root() -> None:
    assert relative(__file__) == "tests/recording/test_owncode.py"
    with override_settings(QUERYAUDIT={"OWN": [str(ROOT / "tests")]}):
        assert relative(__file__) == "recording/test_owncode.py"
    assert relative("/elsewhere/app.py") == "/elsewhere/app.py"


def test_a_path_of_a_package_is_the_same_on_every_machine() -> None:
    """It goes into the ids of findings."""
    assert relative("/a/lib/python3.11/site-packages/lib/x.py") == "lib/x.py"
    assert relative("/b/.venv/lib/python3.13/site-packages/lib/x.py") == "lib/x.py"
    assert relative(str(DJANGO / "views" / "generic" / "list.py")) == "django/views/generic/list.py"
    assert relative(sysconfig.get_path("stdlib") + "/json/decoder.py") == "json/decoder.py"


def test_editable_installs_are_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution(url: str, editable: bool) -> SimpleNamespace:
        text = json.dumps({"url": url, "dir_info": {"editable": editable}})
        return SimpleNamespace(read_text=lambda name: text)

    no_url = SimpleNamespace(read_text=lambda name: None)
    broken = [
        SimpleNamespace(read_text=lambda name, text=text: text)
        for text in (
            "{",
            "[]",
            '{"url": "x", "dir_info": null}',
            '{"dir_info": {"editable": true}}',
        )
    ]
    installed = [
        distribution((tmp_path / "my lib").as_uri(), editable=True),
        distribution((tmp_path / "theirs").as_uri(), editable=False),
        no_url,
        *broken,
    ]
    monkeypatch.setattr(owncode, "distributions", lambda: installed)
    with override_settings(QUERYAUDIT={}):
        assert owner_of(str(tmp_path / "my lib" / "a.py")) is Owner.OWN
        assert owner_of(str(tmp_path / "theirs" / "a.py")) is Owner.PACKAGE


@pytest.mark.parametrize(
    ("module", "folder"), [("tests.settings", ROOT), ("config.settings", ROOT / "demo_site")]
)
def test_without_base_dir_the_folder_of_the_settings_package_is_own(
    module: str, folder: Path
) -> None:
    import_module(module.partition(".")[0])
    with override_settings(BASE_DIR=None, SETTINGS_MODULE=module):
        assert owncode._base_dir() == folder
