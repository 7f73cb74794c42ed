"""Who orders, as they tell."""

import re

from shop.services.wishes import WishError

LONGEST = 100  # letters of a name
# What is before and after the sign; whether the address works, only a message to it can tell.
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def read_customer(name: str, email: str) -> tuple[str, str]:
    """Return name and address without blanks around them."""
    name, email = name.strip(), email.strip()
    if not 1 <= len(name) <= LONGEST:
        msg = f"name has {len(name)} letters, but must have 1 to {LONGEST}."
        raise WishError(msg)
    if len(email) > 254 or not ADDRESS.fullmatch(email):  # RFC 5321's longest path
        msg = f"email is {email[:100]!r}, but must be an address: you@example.com"
        raise WishError(msg)
    return name, email
