from __future__ import annotations

import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import Found, Outcome, Route
from pipelines.rerun import base, known
from pipelines.rerun.base import Applied, Base
from pipelines.rerun.known import Capture, Entry, EntryWriter, Row

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MOMENT = st.datetimes(datetime(1991, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NUMBER = st.integers(0, 2**40)
CAPTURES = st.builds(Capture, TEXT, TEXT, MOMENT, TEXT, st.booleans(), TEXT, TEXT, TEXT)
ROWS = st.builds(Row, TEXT, st.sampled_from(Outcome), TEXT, NUMBER, NUMBER, NUMBER)
FOUND = st.builds(
    Found, TEXT, st.sampled_from(Route), TEXT, TEXT, TEXT, st.none() | MOMENT, TEXT, st.none() | MOMENT, TEXT,
    st.integers(0, 9),
)  # fmt: skip


@given(st.lists(st.tuples(CAPTURES, st.none() | ROWS, NUMBER, NUMBER, st.none() | FOUND, TEXT, st.binary(max_size=50))))
def test_lines_are_read_as_they_were_written(tmp_path_factory, values):
    entries = [
        Entry(capture, row, *((offset, length) if row else (0, 0)), found, outlet, packed if outlet else b"")
        for capture, row, offset, length, found, outlet, packed in values
    ]
    file = io.BytesIO()
    writer = EntryWriter(file)
    for entry in entries:
        writer.add(entry)
    writer.close()
    path = tmp_path_factory.getbasetemp() / "lines.gz"
    path.write_bytes(file.getvalue())
    assert list(known.entries(path)) == entries


@given(st.lists(st.builds(Applied, NUMBER, TEXT, st.sampled_from(Outcome), TEXT, NUMBER, NUMBER, NUMBER)))
def test_a_base_is_read_as_it_was_written(applied):
    facts = {
        "part": "a",
        "source": "a.gz",
        "bytes": 1,
        "sha256": "x",
        "rules": "r",
        "derivation": "d",
        "selection": "s",
    }
    made = Base(facts, [{"warc": "a"}], {"feed": 3}, "f" * 64, sealed=True, applied=tuple(applied))
    assert base.loads(made.dumps()) == made


def test_what_another_version_wrote_is_not_there():
    facts = {
        "part": "a",
        "source": "a.gz",
        "bytes": 1,
        "sha256": "x",
        "rules": "r",
        "derivation": "d",
        "selection": "s",
    }
    line = Base(facts, [], {}, "", sealed=False).dumps()
    assert base.loads(line.replace(b'"version": 1', b'"version": 999')) is None
