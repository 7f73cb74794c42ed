"""Make the tables of a database, fill them, and print what visitors know of the shop as JSON.

A process of its own: ``python -m benchmarks.load.prepare SIZE``, with the variables that
``benchmarks.load.settings`` reads.
"""

import json
import os
import sys
from pathlib import Path

import django


def main() -> None:
    """Migrate, seed, tell."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # Django is set up above
    from django.db import connection  # noqa: PLC0415
    from shop.models import Album  # noqa: PLC0415
    from shop.pairs import PAIRS  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        call_command("seed", f"--size={sys.argv[1]}", stdout=nowhere, stderr=nowhere)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    titles = Album.objects.order_by("pk").values_list("title", flat=True)[:500]
    words = sorted({word for title in titles for word in title.split() if len(word) > 3})
    print(json.dumps({"paths": [pair.path for pair in PAIRS], "words": words}))


if __name__ == "__main__":
    main()
