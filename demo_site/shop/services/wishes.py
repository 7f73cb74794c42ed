"""What visitors may ask for, read from the text that browsers send."""

import re

MOST_SHOWN = 1_000
MOST_KEY = 2**63 - 1  # what a database keeps


class WishError(ValueError):
    """Raised where a visitor asks for what cannot be; the text is for them."""


def read_number(name: str, text: str, most: int) -> int:
    """Return the number, which must be from 1 to ``most``."""
    # More digits than int() takes are no number of anything here.
    number = int(text) if re.fullmatch(r"[0-9]{1,20}", text) else 0
    if not 1 <= number <= most:
        msg = f"{name} is {text[:40]!r}, but must be a number from 1 to {most:,}."
        raise WishError(msg)
    return number
