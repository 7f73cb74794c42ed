"""Make records for the tests of stores and reports."""

from typing import Any

from queryaudit.findings.base import Finding, Location
from queryaudit.findings.edits import Edit
from queryaudit.findings.record import AuditRecord
from queryaudit.findings.shapes import Shape

USE = Location("shop/views.py", 17, "/srv/shop/views.py", "album.artist.name")
QUERYSET = Location("shop/providers.py", 9, "/srv/shop/providers.py", "return Album.objects.all()")


def make_edit(**values: Any) -> Edit:
    return Edit(
        **{
            "id": "FX-00000001",
            "method": "select_related",
            "paths": ("artist",),
            "at": QUERYSET,
            "saves": 50,
            **values,
        }
    )


def make_finding(**values: Any) -> Finding:
    return Finding(
        **{
            "kind": "n_plus_one",
            "id": "N1-00000001",
            "relation": "shop.Album.artist",
            "uses": (USE,),
            "queryset_at": QUERYSET,
            "origin": "",
            "count": 50,
            "duration": 0.01,
            "edit": make_edit(),
            "expected_count": 1,
            **values,
        }
    )


def make_record(**values: Any) -> AuditRecord:
    return AuditRecord(
        **{
            "id": "a1",
            "label": "GET /albums/",
            "view": "albums",
            "method": "GET",
            "path": "/albums/",
            "status": 200,
            "started_at": 1_700_000_000.0,
            "duration": 0.1,
            "query_count": 51,
            "transaction_statements": 0,
            "db_time": 0.02,
            "expected_count": 1,
            "is_cut": False,
            "findings": (make_finding(),),
            "shapes": (Shape("SELECT ?", "default", 51, 0.02, USE),),
            **values,
        }
    )


def make_long_record(**values: Any) -> AuditRecord:
    """A request of 201 queries, as a page with four loops leaves it."""
    places = [
        Location(
            f"shop/views/albums_{n}.py",
            17 + n,
            f"/srv/shop/views/albums_{n}.py",
            f"names = [album.artist_{n}.name for album in albums]",
        )
        for n in range(10)
    ]
    findings = tuple(
        make_finding(
            id=f"N1-{n:08x}",
            relation=f"shop.Album.artist_{n}",
            uses=tuple(places[n : n + 3]),
            queryset_at=places[9 - n],
            edit=make_edit(id=f"FX-{n:08x}", at=places[9 - n]),
        )
        for n in range(4)
    )
    shapes = tuple(
        Shape(
            f'SELECT "shop_artist_{n}"."id", "shop_artist_{n}"."name", '
            f'"shop_artist_{n}"."label_id", "shop_artist_{n}"."born" '
            f'FROM "shop_artist_{n}" WHERE "shop_artist_{n}"."id" = ? LIMIT ?',
            "default",
            20,
            0.0123456789 / (n + 1),
            place,
        )
        for n, place in enumerate(places)
    )
    return make_record(**{"query_count": 201, "findings": findings, "shapes": shapes, **values})
