import os
import subprocess
import sys

import pytest
from config.environment import read_milliseconds
from config.settings import BASE_DIR
from django.core.exceptions import ImproperlyConfigured


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("5", 5), ("0.5", 0.5)])
def test_number_of_milliseconds_is_read(text: str, expected: float) -> None:
    assert read_milliseconds({"LATENCY": text}, "LATENCY") == expected


def test_unset_latency_is_none() -> None:
    assert read_milliseconds({}, "LATENCY") == 0


@pytest.mark.parametrize("text", ["", "fast", "-1", "nan", "inf", "5ms"])
def test_bad_latency_is_named_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^LATENCY is '.*', .* milliseconds, 0 or more"):
        read_milliseconds({"LATENCY": text}, "LATENCY")


def test_bad_latency_stops_every_command() -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "seed"],
        cwd=BASE_DIR,
        env=os.environ | {"LATENCY": "fast", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "LATENCY is 'fast'" in run.stderr.splitlines()[-1]
