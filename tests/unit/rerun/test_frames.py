from __future__ import annotations

import gzip
import io
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from pipelines.rerun.frames import HEAD_SIZE, FrameWriter, pack, unpack

ROWS = st.lists(st.binary(max_size=3000).filter(lambda row: b"\n" not in row), max_size=20)


def written(rows: list[bytes]) -> bytes:
    file = io.BytesIO()
    writer = FrameWriter(file)
    for row in rows:
        writer.add(pack(row))
    writer.close()
    return file.getvalue()


@given(ROWS)
def test_a_file_of_frames_is_a_gzip_file_of_lines(rows):
    assert gzip.decompress(written(rows)) == b"".join(row + b"\n" for row in rows)


@given(ROWS)
def test_each_row_can_be_read_alone(rows):
    data = written(rows)
    place = HEAD_SIZE
    for row in rows:
        size = len(pack(row).data)
        assert unpack(data[place : place + size]) == row
        place += size
    assert len(data) == place + 10


def test_gzip_itself_finds_nothing_wrong(tmp_path):
    file = tmp_path / "rows.gz"
    file.write_bytes(written([b'{"id": 1}', "Харків".encode() * 10_000]))
    result = subprocess.run(["gzip", "-tv", str(file)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_no_time_and_no_name_are_in_it():
    head = written([b"{}"])[:HEAD_SIZE]
    assert head == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
