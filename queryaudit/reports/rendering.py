"""Templates rendered apart from the site: its engines, loaders and formats."""

from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine

_TEMPLATES: Final = Path(__file__).parent / "templates"


class Templates:
    """The templates of ``folders`` and those of the reports; every value is escaped."""

    def __init__(self, *folders: Path) -> None:
        dirs = [str(folder) for folder in (*folders, _TEMPLATES)]
        self._engine = Engine(dirs=dirs, autoescape=True)

    def render(self, name: str, context: dict[str, Any]) -> str:
        """Return the template ``name`` as text."""
        # A site's number formats would write 1,5 into the attributes of a drawing. Its
        # language stays: addresses may begin with it.
        values = Context(context, use_l10n=False, use_tz=True)
        return str(self._engine.get_template(name).render(values))
