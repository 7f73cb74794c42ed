"""One change of the code, which may cure several findings."""

from dataclasses import dataclass, replace

from queryaudit.findings.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """``method`` called with the relations ``paths``, ``before`` it what it needs.

    Without a method the change is ``before`` alone. ``within`` is the code around it,
    where a declaration is changed: ``{code}`` stands for the call, ``{names}`` for its
    arguments. ``at`` is the line where it belongs, None where no own line is known.
    ``saves`` are the queries that it removes, None where that cannot be promised.
    """

    id: str
    method: str = ""
    paths: tuple[str, ...] = ()
    before: str = ""
    within: str = ""
    at: Location | None
    saves: int | None

    @property
    def text(self) -> str:
        """The code of the change."""
        names = ", ".join(f'"{path}"' for path in self.paths)
        if self.method == "prefetch_related_objects":
            return f"prefetch_related_objects(rows, {names})"
        code = f"{self.before}.{self.method}({names})" if self.method else self.before
        if not self.within:
            return code
        return self.within.replace("{names}", names).replace("{code}", code)

    def joined_with(self, other: "Edit") -> "Edit":
        """Return the edit that does both: the same edit, as two recordings saw it."""
        saves = None if self.saves is None or other.saves is None else self.saves + other.saves
        return replace(self, paths=longest(self.paths + other.paths), saves=saves)


def longest(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths that no other one goes on, in order: a join brings each of its steps."""
    return tuple(
        sorted(
            path for path in set(paths) if not any(other.startswith(f"{path}__") for other in paths)
        )
    )
