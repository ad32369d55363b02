"""Reading whole and damaged archives: every damage named with its place, every sound record beside it kept."""

from __future__ import annotations

import gzip
import io
import os
import sys
import time
import zlib
from pathlib import Path

import pytest

from pipelines.errors import InputError, RecordError
from pipelines.model import Damage, DamageKind, Locator, Record
from pipelines.warc.reader import read, read_at
from tests.warcs import member, page, record, record_id, response, sha1

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def walk(data: bytes, **options: object) -> tuple[list[str], list[Damage]]:
    """The ids of the records read, and the damages."""
    events = list(read(io.BytesIO(data), "x.warc.gz", **options))  # type: ignore[arg-type]
    records = [event for event in events if isinstance(event, Record)]
    return [event.locator.record_id for event in records], [event for event in events if isinstance(event, Damage)]


def ids(*numbers: int) -> list[str]:
    return [record_id(number) for number in numbers]


def three(second: bytes) -> bytes:
    """A sound member, the one given, a sound member."""
    return member(record(0)) + second + member(record(2))


def only(damages: list[Damage]) -> Damage:
    assert len(damages) == 1
    return damages[0]


FIRST = len(member(record(0)))


def test_records_and_their_places(tmp_path: Path):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(member(record(number)) for number in range(5)))
    records = list(read(path))
    assert [entry.locator.record_id for entry in records] == ids(0, 1, 2, 3, 4)
    third = records[2]
    assert (third.type, third.url, third.block) == ("response", "http://news.test/2", response(page(2)))
    assert third.field("warc-DATE") == "2022-09-10T06:00:00Z"
    place = slice(third.locator.offset, third.locator.offset + third.locator.length)
    assert gzip.decompress(path.read_bytes()[place]) == record(2)
    for entry in records:
        located = Locator("a.warc.gz", entry.locator.offset, entry.locator.length, entry.locator.record_id)
        assert read_at(tmp_path, located).block == entry.block


def zstd_archive(dictionary: bytes | None, *, packed: bool) -> bytes:
    if dictionary is None:
        return b"".join(zstd.compress(record(number)) for number in range(4))
    content = zstd.compress(dictionary) if packed else dictionary
    head = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
    trained = zstd.ZstdDict(dictionary)
    return head + b"".join(zstd.compress(record(number), zstd_dict=trained) for number in range(4))


DICTIONARY = zstd.train_dict(
    [record(number, os.urandom(40) + page(number)) for number in range(200)], 4000
).dict_content
ALL = [record(number) for number in range(4)]


@pytest.mark.parametrize(
    ("data", "random_access"),
    [
        (b"".join(map(member, ALL)), True),
        (b"".join(ALL), True),
        (member(b"".join(ALL)), False),
        (member(ALL[0]) + member(b"".join(ALL[1:])), False),
        (b"".join(gzip.compress(each, 0) for each in ALL), True),
        (zstd_archive(None, packed=False), True),
        (zstd_archive(DICTIONARY, packed=False), False),
        (zstd_archive(DICTIONARY, packed=True), False),
        (b"".join(record(number, version="1.1") for number in range(4)), True),
        (b"".join(each.replace(b"WARC/1.0", b"WARC/0.18") for each in ALL), True),
        (b"\r\n\r\n".join(ALL), True),
        (b"".join(record(number, end=b"\n\n") for number in range(4)), True),
        (b"".join(record(number).replace(b"\r\n", b"\n") for number in range(4)).replace(b"", b""), False),
    ],
    ids=[
        "gz",
        "plain",
        "one stream",
        "mixed",
        "stored",
        "zst",
        "zst+dict",
        "zst+dict.zst",
        "1.1",
        "0.18",
        "gaps",
        "lf end",
        "lf",
    ],
)
def test_every_form_of_archive(tmp_path: Path, data: bytes, random_access: bool):
    if b"\r\n" not in data and data.startswith(b"WARC"):  # LF throughout: the blocks are shorter than they say
        data = b"".join(
            b"".join(
                record(number, b"block %d" % number, end=b"\n\n").replace(b"\r\n", b"\n") for number in range(4)
            ).splitlines(keepends=True)
        )
    found, damages = walk(data)
    assert (found, damages) == (ids(0, 1, 2, 3), [])
    path = tmp_path / "f.warc"
    path.write_bytes(data)
    for event in read(path, "f.warc"):
        assert isinstance(event, Record)
        if random_access:
            assert event.locator.length
        if not data.startswith(b"\x5d\x2a\x4d\x18"):  # a frame alone does not hold the dictionary
            assert read_at(tmp_path, event.locator) == event


@pytest.mark.parametrize(
    ("second", "kind", "detail"),
    [
        (record(1, Content_Length="90000"), DamageKind.LENGTH, "90000"),
        (record(1, Content_Length=str(len(response(page(1))) + 2)), DamageKind.LENGTH, "no record ends"),
        (record(1, Content_Length=str(len(response(page(1))) + 4)), DamageKind.LENGTH, "no record ends"),
        (record(1, Content_Length="10"), DamageKind.LENGTH, "no record ends"),
        (record(1, Content_Length="-5"), DamageKind.LENGTH, "'-5'"),
        (record(1, Content_Length="many"), DamageKind.LENGTH, "'many'"),
        (record(1, Content_Length="٣"), DamageKind.LENGTH, "Content-Length is"),
        (record(1, Content_Length="9" * 30), DamageKind.LENGTH, "999"),
        (record(1, Content_Length="99999999999"), DamageKind.TOO_LARGE, "limit"),
        (record(1, drop="Content-Length"), DamageKind.MISSING_HEAD, "Content-Length"),
        (record(1, drop="WARC-Type"), DamageKind.MISSING_HEAD, "WARC-Type"),
        (record(1, drop="WARC-Date"), DamageKind.MISSING_HEAD, "WARC-Date"),
        (record(1, WARC_Date="last week"), DamageKind.MISSING_HEAD, "last week"),
        (record(1, drop="WARC-Target-URI"), DamageKind.MISSING_HEAD, "WARC-Target-URI"),
        (record(1, WARC_Block_Digest=sha1(b"another")), DamageKind.BLOCK_DIGEST, "Block"),
        (record(1, WARC_Payload_Digest=sha1(b"another")), DamageKind.PAYLOAD_DIGEST, "Payload"),
        (record(1, X_Long="x" * 70_000), DamageKind.NOT_WARC, "line"),
        (record(1, X_Long="x" * 17_000_000), DamageKind.NOT_WARC, "does not end"),
        (record(1, **{f"X_{number}": "y" for number in range(1100)}), DamageKind.NOT_WARC, "1000 fields"),
        (b"<html>not a record</html>", DamageKind.NOT_WARC, "<html>"),
        (record(1)[:60], DamageKind.NOT_WARC, "does not end"),
        (record(1)[:400], DamageKind.LENGTH, "bytes are there"),
    ],
)
def test_a_bad_record_in_its_own_member(second: bytes, kind: DamageKind, detail: str):
    found, damages = walk(three(member(second)))
    damage = only(damages)
    assert found == ids(0, 2)
    assert (damage.kind, damage.offset, damage.length) == (kind, FIRST, len(member(second)))
    assert detail in damage.detail
    assert damage.warc == "x.warc.gz"


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (record(1, Content_Length="90000"), DamageKind.LENGTH),
        (record(1, Content_Length="700"), DamageKind.LENGTH),
        (record(1, Content_Length="10"), DamageKind.LENGTH),
        (record(1, Content_Length="-5"), DamageKind.LENGTH),
        (record(1, Content_Length="99999999999"), DamageKind.TOO_LARGE),
        (record(1, drop="Content-Length"), DamageKind.MISSING_HEAD),
        (record(1, drop="WARC-Date"), DamageKind.MISSING_HEAD),
        (record(1, WARC_Block_Digest=sha1(b"another")), DamageKind.BLOCK_DIGEST),
        (record(1, X_Long="x" * 70_000), DamageKind.NOT_WARC),
        (b"garbage between the records\r\n", DamageKind.NOT_WARC),
        (record(1)[:400] + b"\r\n", DamageKind.LENGTH),
    ],
)
@pytest.mark.parametrize("pack", [bytes, member], ids=["plain", "one stream"])
def test_a_bad_record_in_a_shared_stream(second: bytes, kind: DamageKind, pack):
    data = record(0) + record(4) + second + record(2) + record(3)
    found, damages = walk(pack(data))
    damage = only(damages)
    assert damage.kind == kind
    if pack is bytes:
        assert (damage.offset, damage.length) == (len(record(0) + record(4)), len(second))
    if pack is member and kind is DamageKind.TOO_LARGE:  # what it swallows can't be told from its block
        assert found == ids(0, 4)
    else:
        assert found == ids(0, 4, 2, 3)


def test_a_payload_can_not_feign_a_record():
    forged = record(9, b"forged")
    inner = response(b"<html>\r\n\r\n" + forged + b"</html>")
    lying = record(1, inner, Content_Length="20")
    found, damages = walk(three(member(lying)))
    assert found == ids(0, 2)
    assert only(damages).kind is DamageKind.LENGTH
    broken = bytearray(gzip.compress(record(1, response(member(forged))), 0))
    for place in (-6, 60):  # in its checksum, in its stored bytes: the walk goes on at its end, not within
        broken[place] ^= 1
        found, damages = walk(three(bytes(broken)))
        assert found == ids(0, 2)
        assert (only(damages).kind, only(damages).length) == (DamageKind.BAD_GZIP, len(broken))


@pytest.mark.parametrize("garbage", [b"garbage", bytes(5000), b"\x1f\x8b\x08garbage", b"\x1f\x8b", b"WARC/1.0\r\n"])
def test_garbage_between_members(garbage: bytes):
    found, damages = walk(three(garbage))
    assert found == ids(0, 2)
    damage = only(damages)
    assert (damage.offset, damage.length) == (FIRST, len(garbage))
    assert damage.kind in {DamageKind.NOT_GZIP, DamageKind.BAD_GZIP}


@pytest.mark.parametrize("garbage", [b"garbage", b"\x1f\x8b\x08\x00junk"])
def test_garbage_before_the_first_member(garbage: bytes):
    found, damages = walk(garbage + member(record(0)))
    assert found == ids(0)
    assert (only(damages).offset, only(damages).length) == (0, len(garbage))


def test_a_flipped_bit_costs_that_record_only():
    good = [member(record(number)) for number in range(3)]
    for place in range(10, len(good[1]), 7):
        broken = bytearray(good[1])
        broken[place] ^= 0x10
        found, damages = walk(good[0] + bytes(broken) + good[2])
        assert {*ids(0, 2)} <= {*found}
        if damages:
            assert found == ids(0, 2)
            assert only(damages).offset == FIRST
        else:  # a bit that deflate does not use
            assert zlib.decompress(bytes(broken), 31) == record(1)


def test_a_hole_costs_the_record_it_is_in_only():
    """A decoder that comes out of the hole may take whole members for the rest of its stream."""
    good = [member(record(number, response(page(number, 900)))) for number in range(8)]
    for cut in range(1, len(good[1])):
        found, damages = walk(good[0] + good[1][:cut] + b"".join(good[2:]))
        assert found == ids(0, *range(2, 8)), cut
        assert (only(damages).offset, only(damages).length) == (len(good[0]), cut)


def test_a_payload_that_is_an_archive_is_passed_over_in_one_go():
    """Each of its members leads to the payload's end and no further: it is walked once, not once for each."""
    inside = b"".join(member(record(9, b"forged %d" % number)) for number in range(5000))
    broken = bytearray(gzip.compress(record(1, response(inside)), 0))
    broken[-6] ^= 1
    began = time.process_time()
    found, damages = walk(three(bytes(broken)))
    assert time.process_time() - began < 10
    assert found == ids(0, 2)
    assert only(damages).length == len(broken)


def test_every_cut_of_the_last_members_is_seen():
    first, second, third = (member(record(number, response(page(number, 60)))) for number in range(3))
    data = first + second + third
    for end in range(len(first) + 1, len(data)):
        found, damages = walk(data[:end])
        whole = 1 if end < len(first + second) else 2
        assert found == ids(0, 1)[:whole]
        if end == len(first + second):
            assert damages == []
        else:
            start = len(first) if whole == 1 else len(first + second)
            assert (only(damages).kind, only(damages).offset) == (DamageKind.CUT, start)
            assert only(damages).length == end - start


def test_every_cut_of_a_plain_file_is_seen():
    data = record(0) + record(1, b"the last block")
    for end in range(len(record(0)) + 1, len(data)):
        found, damages = walk(data[:end])
        assert found == ids(0)
        assert only(damages).offset == len(record(0))


def test_a_cut_in_one_stream_for_all():
    data = member(b"".join(record(number, os.urandom(300)) for number in range(6)))
    found, damages = walk(data[: len(data) * 2 // 3])
    assert found == ids(0, 1, 2, 3)[: len(found)]
    assert len(found) >= 3
    assert only(damages).kind is DamageKind.CUT


def test_bytes_behind_a_record_in_its_member():
    found, damages = walk(three(member(record(1) + b"more")))
    assert found == ids(0, 1, 2)
    assert (only(damages).kind, only(damages).length) == (DamageKind.TRAILING, 0)


def test_a_digest_that_holds_is_worth_more_than_line_ends():
    block = response(page(1))
    sloppy = record(1, block, end=b"\r\n", WARC_Block_Digest=sha1(block))
    assert walk(three(member(sloppy))) == (ids(0, 1, 2), [])
    unproven = record(1, block, end=b"\r\n")
    assert walk(three(member(unproven)))[0] == ids(0, 2)


def test_a_wrong_payload_digest_of_a_proven_block_is_told_and_the_record_given():
    block = response(page(1))
    second = record(1, block, WARC_Block_Digest=sha1(block), WARC_Payload_Digest=sha1(b"x"))
    found, damages = walk(three(member(second)), payloads=True)
    assert found == ids(0, 1, 2)
    assert (only(damages).kind, only(damages).length) == (DamageKind.PAYLOAD_DIGEST, 0)
    assert walk(three(member(second))) == (ids(0, 1, 2), [])


def test_payload_digests_of_chunked_bodies_in_both_readings():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"5\r\nhello\r\n0\r\n\r\n"
    for stated in (b"hello", body):
        data = member(record(0, head + body, WARC_Payload_Digest=sha1(stated)))
        assert walk(data) == (ids(0), [])
    assert walk(member(record(0, head + body, WARC_Payload_Digest=sha1(b"5\r\nhello"))))[0] == []


def test_a_missing_record_id_is_told_and_the_record_given():
    found, damages = walk(three(member(record(1, drop="WARC-Record-ID"))))
    assert found == [record_id(0), "", record_id(2)]
    assert (only(damages).kind, only(damages).length) == (DamageKind.MISSING_HEAD, 0)


def test_a_bomb_is_not_held_in_memory(tmp_path: Path):
    bomb = zlib.compressobj(9, wbits=31)
    head = record(1, b"", Content_Length="300000000", end=b"")
    data = bomb.compress(head)
    for _ in range(300):
        data += bomb.compress(bytes(1_000_000))
    data += bomb.flush()
    assert len(data) < 500_000
    found, damages = walk(three(data))
    assert found == ids(0, 2)
    assert (only(damages).kind, only(damages).offset, only(damages).length) == (DamageKind.TOO_LARGE, FIRST, len(data))
    small = record(1, b"tiny") + bytes(50_000_000)  # more than it says
    found, damages = walk(three(member(small)))
    assert found == ids(0, 1, 2)
    assert only(damages).kind is DamageKind.TRAILING


def test_a_large_block_is_passed_over_where_it_ends_as_it_says():
    data = record(0) + record(1, bytes(50_000)) + record(2)
    for pack in (bytes, member):
        found, damages = walk(pack(data), max_record=10_000)
        assert found == ids(0, 2)
        assert only(damages).kind is DamageKind.TOO_LARGE


def test_only_the_types_wanted():
    data = member(record(0)) + member(record(1, WARC_Type="request")) + member(record(2, WARC_Type="metadata"))
    assert walk(data, types=frozenset({"request"})) == (ids(1), [])
    assert walk(data, types=frozenset({"response", "metadata"})) == (ids(0, 2), [])


def test_a_pipe_is_read_like_a_file():
    data = three(b"garbage")
    inward, outward = os.pipe()
    with os.fdopen(outward, "wb") as out:
        out.write(data)
    with os.fdopen(inward, "rb") as pipe:
        events = list(read(pipe))
    assert [event.locator.record_id for event in events if isinstance(event, Record)] == ids(0, 2)
    assert {event.locator.warc for event in events if isinstance(event, Record)} == {"-"}


def test_arc_files():
    body = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>old</html>"
    version = b"1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
    head = b"filedesc://a.arc 0.0.0.0 20020910060504 text/plain %d\n%s\n" % (len(version), version)
    pages = [b"http://old.test/%d 192.0.2.1 20020910060504 text/html %d\n%s\n" % (n, len(body), body) for n in range(3)]
    for data in (head + b"".join(pages), member(head) + b"".join(map(member, pages))):
        events = list(read(io.BytesIO(data), "a.arc"))
        assert [event.url for event in events] == [f"http://old.test/{n}" for n in range(3)]
        assert {event.block for event in events} == {body}
        assert len({event.locator.record_id for event in events}) == 3
        assert events == list(read(io.BytesIO(data), "a.arc"))
    cut = list(read(io.BytesIO(data[:-20]), "a.arc"))
    assert isinstance(cut[-1], Damage)


def test_what_is_no_archive():
    assert only(walk(b"<html>a page</html>")[1]).kind is DamageKind.NOT_WARC
    assert walk(b"") == ([], [])
    assert only(walk(gzip.compress(b"<html>a page</html>"))[1]).kind is DamageKind.NOT_WARC


def test_files_that_can_not_be_read(tmp_path: Path):
    with pytest.raises(InputError, match="nowhere"):
        list(read(tmp_path / "nowhere.warc.gz"))
    with pytest.raises(InputError, match="directory"):
        list(read(tmp_path))
    with pytest.raises(InputError):
        read_at(tmp_path, Locator("nowhere.warc.gz", 0, 1, "x"))


def test_a_locator_that_points_elsewhere(tmp_path: Path):
    (tmp_path / "a.warc.gz").write_bytes(three(member(record(1, WARC_Block_Digest=sha1(b"x")))))
    for offset, length, name in (
        (0, FIRST, record_id(1)),
        (5, 100, record_id(0)),
        (FIRST, 100, record_id(1)),
        (9**9, 1, "x"),
    ):
        with pytest.raises(RecordError, match=r"a\.warc\.gz at"):
            read_at(tmp_path, Locator("a.warc.gz", offset, length, name))


def test_a_growing_file_is_found_by_its_final_name(tmp_path: Path):
    (tmp_path / "a.warc.gz.open").write_bytes(three(member(record(1))))
    locator = Locator("a.warc.gz", FIRST, len(member(record(1))), record_id(1))
    assert read_at(tmp_path, locator).locator == locator
    assert {event.locator.warc for event in read(tmp_path / "a.warc.gz.open", "a.warc.gz")} == {"a.warc.gz"}
