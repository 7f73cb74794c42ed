import zlib

import pytest
from django.test import override_settings

import queryaudit
from queryaudit.stores import encoding
from queryaudit.stores.encoding import Unpacker, pack, unpack
from tests.music.models import Album, Artist, Label
from tests.records import make_long_record, make_record


def test_a_record_comes_back() -> None:
    record = make_long_record()
    found = unpack(pack(record))
    assert found is not None
    assert found.to_dict() == record.to_dict()


def read_the_albums() -> None:
    albums = list(Album.objects.all())
    for album in albums:
        _ = album.artist
    for album in albums:
        _ = album.artist.label
    for album in albums:
        album.artist.album_set.count()
    for album in albums:
        Label.objects.filter(name=album.title).first()


@pytest.mark.django_db
def test_an_audit_of_201_queries_takes_at_most_4_kb() -> None:
    label = Label.objects.create(name="label")
    for number in range(50):
        artist = Artist.objects.create(name=f"artist {number}", label=label)
        Album.objects.create(title=f"album {number}", artist=artist)
    slow = override_settings(QUERYAUDIT={"LIMITS": {"SLOW_MS": 60_000}})
    with slow, queryaudit.audit(label="GET /albums/") as audit:
        read_the_albums()
    assert (audit.query_count, len(audit.findings)) == (201, 4), str(audit)
    assert len(pack(audit.to_record())) <= 4_096
    assert len(pack(make_long_record())) <= 4_096


def test_a_record_is_built_once_for_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacker = Unpacker(2)
    old, new, garbage = pack(make_record(status=200)), pack(make_record(status=500)), b"garbage"
    first = unpacker([old, None, garbage, new])
    assert [record.status for record in first] == [200, 500]
    monkeypatch.setattr(zlib, "decompress", None)  # nothing is unpacked from here on
    again = unpacker([new])
    assert again[0] is first[1]


def test_few_records_are_remembered_however_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_MAX_REMEMBERED", 3)
    unpacker = Unpacker(1_000_000)
    unpacker([pack(make_record(id=str(number))) for number in range(10)])
    assert unpacker._unpack.cache_info().currsize == 3
