"""A file that is fetched a range at a time reads like a file that is there, and asks for no more than it must."""

from __future__ import annotations

import io
import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import ranges
from pipelines.ranges import ranged, section


class Remote:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def fetch(self, offset: int, length: int) -> bytes:
        assert 0 <= offset < offset + length <= len(self.data)
        self.asked.append((offset, length))
        return self.data[offset : offset + length]


DATA = random.Random(4).randbytes(3_000_000)


@given(st.lists(st.tuples(st.integers(-10, 3_000_100), st.integers(0, 900_000)), max_size=12))
def test_it_reads_like_the_file(steps: list[tuple[int, int]]):
    local = io.BytesIO(DATA)
    with ranged(len(DATA), Remote(DATA).fetch) as far, section(io.BytesIO(b"xx" + DATA + b"yy"), 2, len(DATA)) as part:
        for place, size in steps:
            whence = os.SEEK_END if place < 0 else os.SEEK_SET
            assert far.seek(place, whence) == part.seek(place, whence) == local.seek(place, whence)
            assert far.read(size) == part.read(size) == local.read(size)


def test_a_whole_file_takes_few_requests_and_one_record_a_small_one():
    data = bytes(60_000_000)
    remote = Remote(data)
    with ranged(len(data), remote.fetch) as file:
        while file.read(1 << 18):
            pass
        assert [length for _, length in remote.asked[:6]] == [ranges.FIRST << n for n in range(6)]
        assert len(remote.asked) < 13
        assert sum(length for _, length in remote.asked) == len(data)  # no byte twice
        remote.asked.clear()
        file.seek(20_000_000)
        file.read(5000)
        file.seek(20_010_000)
        file.read(5000)
        assert remote.asked == [(20_000_000, ranges.FIRST)]


def test_what_fetching_raises_is_what_reading_raises():
    def fetch(offset: int, length: int) -> bytes:
        raise LookupError(offset)

    with ranged(10, fetch) as file:
        file.seek(3)
        with pytest.raises(LookupError, match="3"):
            file.read(1)


def test_closing_calls_what_is_to_be_called_once():
    whole = io.BytesIO(b"0123456789")
    ends: list[str] = []
    part = section(whole, 3, 4, lambda: ends.append("part"))
    assert part.read() == b"3456"
    part.close()
    part.close()
    ranged(1, Remote(b"x").fetch, lambda: ends.append("far")).close()
    section(whole, 0, 1).close()
    assert ends == ["part", "far"]
    assert not whole.closed
