"""What is wrong with files of master data, each thing with its place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queryaudit.errors import MasterDataFileError

ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "nothing", "__bool__": lambda _: False})()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: ``text`` says what came and what is allowed."""

    path: str
    line: int | None
    text: str
    model: str = ""
    key: str = ""
    field: str = ""
    value: Any = ABSENT

    def __str__(self) -> str:
        place = _near(self.path) + (f":{self.line}" if self.line else "")
        what = " ".join(part for part in (self.model, self.key) if part)
        if self.field:
            what += f", field {self.field}" if what else f"field {self.field}"
        if self.value is not ABSENT:
            what += f" = {_shortened(self.value)}"
        return ": ".join(part for part in (place, what, self.text) if part)

    def __reduce__(self) -> Any:
        value = self.value if self.value is ABSENT else _shortened(self.value)
        fields = (self.path, self.line, self.text, self.model, self.key, self.field)
        return Problem, fields if value is ABSENT else (*fields, value)


class Problems(list[Problem]):
    """Things that are wrong, gathered so that all are told at once."""

    def refuse(self, name: str, done: str = "Nothing was written.") -> None:
        """Raise MasterDataFileError where there is anything."""
        if self:
            raise MasterDataFileError(name, self, done)


def _near(path: str) -> str:
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
