"""Which environment this is, and what a file of data is for."""

import re
from enum import Enum
from typing import Final

from django.conf import settings

from queryaudit import conf

BASE: Final = "base"  # in the place of an environment: every one
NAME: Final = re.compile(r"[A-Za-z_][\w-]*")


class Kind(Enum):
    """What rows are for; the value stands in the name of their file, ``production.repair.yaml``."""

    MASTER = ""  # part of the program: the table must say what the file says, and is checked
    REPAIR = "repair"  # rows of users that are mended once, where they are there; never inserted
    TEST = "test"  # rows to try the program with; nobody checks what became of them


def current() -> str:
    """Return the environment: the setting, else the last part of the settings module's name."""
    chosen = conf.get().masterdata.environment
    return chosen or str(getattr(settings, "SETTINGS_MODULE", None) or "").rpartition(".")[2]
