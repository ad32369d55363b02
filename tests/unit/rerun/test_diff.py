"""Two runs against each other: how records pair, what is counted, and what a broken or changing run does."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.rerun.diff import differences
from pipelines.rerun.diff_rows import Change
from pipelines.rerun.diff_totals import Totals, reasons
from pipelines.rerun.stored import Stored, stored


def row(number: int, title: str = "", *, day: int = 10, **changes: object) -> dict:
    values = {
        "id": f"{number:016x}",
        "url": f"https://outlet{number % 3}.example.org/{number}",
        "title": title or f"Story {number}",
        "text": "",
        "blocks": [],
        "removed": 0,
        "outcome": "article",
        "provenance": {
            "warc": f"warc/{number % 2}.warc.gz",
            "offset": number,
            "length": 1,
            "record_id": f"urn:uuid:{number}",
            "payload_digest": "sha1:A",
            "captured_at": f"2022-09-{day}T06:00:00Z",
        },
        "processing": {"warchronicle": "0.1.0", "libraries": {"lxml": "6.1"}, "rules_digest": "sha256:1", "run": None},
    }
    return {**values, **changes}


def write(path: Path, rows: list[dict]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def diff(folder: Path, before: list[dict], after: list[dict]) -> tuple[list[tuple[str, int]], Totals]:
    one, other = (stored(write(folder / name, rows)) for name, rows in (("a", before), ("b", after)))
    totals = Totals(one, other)
    found = list(differences(one, other, totals, folder))
    assert not list(folder.glob(".warchronicle-*"))
    return [(each.change.value, int(each.row["id"], 16)) for each in found], totals


def test_gained_lost_changed_and_unchanged_in_any_order(tmp_path: Path) -> None:
    before = [row(number) for number in range(20)]
    after = [row(number) for number in range(3, 24)]
    after[4] = row(7, "Another title")
    random.Random(1).shuffle(after)
    found, totals = diff(tmp_path, before, after)
    assert found[:4] == [("lost", 0), ("lost", 1), ("lost", 2), ("changed", 7)]
    assert sorted(found[4:]) == [("gained", number) for number in range(20, 24)]
    facts = totals.facts()
    assert facts["records"] == {"gained": 4, "lost": 3, "changed": 1, "unchanged": 16}
    assert not facts["equal"]
    assert (facts["a"]["rows"], facts["b"]["rows"]) == (20, 21)
    assert facts["outlets"] == {"example.org": facts["records"]}
    assert facts["causes"] == {"field:title": {"records": 1, "blocks": 0}, "record": {"records": 7, "blocks": 0}}


def test_equal_runs_whoever_made_them(tmp_path: Path) -> None:
    before = [row(number) for number in range(9)]
    made_by = {"warchronicle": "0.2.0", "libraries": {"lxml": "6.2"}, "rules_digest": "sha256:" + "ab" * 32, "run": "x"}
    after = [row(number, processing=made_by) for number in range(9)]
    found, totals = diff(tmp_path, before, after[::-1])
    assert (found, totals.equal) == ([], True)
    assert [line[0] for line in reasons(totals.facts())] == ["warchronicle", "rules_digest", "lxml"]
    assert ("rules_digest", "sha256:1", "sha256:abababababab") in reasons(totals.facts())
    assert totals.facts()["a"]["processing"] == [
        {"warchronicle": "0.1.0", "libraries": {"lxml": "6.1"}, "rules_digest": "sha256:1", "rows": 9}
    ]


def test_versions_are_counted_with_the_records_that_they_concern(tmp_path: Path) -> None:
    other = {**row(0)["processing"], "libraries": {"lxml": "6.2"}}
    after = [row(0, "New", processing=other), row(1, "New"), row(2, processing=other)]
    _, totals = diff(tmp_path, [row(0), row(1), row(2)], after)
    causes = totals.facts()["causes"]
    assert causes["version:lxml 6.1 -> 6.2"] == {"records": 1, "blocks": 0}
    assert list(causes) == ["field:title", "version:lxml 6.1 -> 6.2"]


def test_a_record_that_stands_twice(tmp_path: Path) -> None:
    before = [row(1, "First"), row(1, "Second"), row(1, "Third")]
    assert diff(tmp_path, before, [*before])[0] == []
    found, totals = diff(tmp_path, before, [row(1, "First"), row(1, "Other")])
    assert found == [("changed", 1), ("lost", 1)]
    found, totals = diff(tmp_path, before[:1], before)
    assert found == [("gained", 1)] * 2
    assert totals.facts()["records"]["unchanged"] == 1


def test_another_id_pairs_by_url_and_capture_time(tmp_path: Path) -> None:
    url = row(1)["url"]
    moved = row(99, "Story 1", url=url)
    later = row(98, url=url, day=11)
    found, totals = diff(tmp_path, [row(1), row(2)], [later, moved, row(2)])
    assert found == [("gained", 98)]  # of 1 and 99, only the name differs
    assert totals.facts()["records"] == {"gained": 1, "lost": 0, "changed": 0, "unchanged": 2}
    moved["provenance"]["payload_digest"] = "sha1:B"
    found, totals = diff(tmp_path, [row(1), row(2)], [moved, row(2)])
    assert found == [("changed", 99)]
    assert totals.facts()["fields"] == {"payload_digest": 1}


def test_files_without_an_address_are_never_taken_for_each_other(tmp_path: Path) -> None:
    before = [row(1, id="page", url="", provenance=None)]
    after = [row(1, id="other", url="", provenance=None)]
    one, other = stored(write(tmp_path / "a", before)), stored(write(tmp_path / "b", after))
    totals = Totals(one, other)
    assert [each.change for each in differences(one, other, totals)] == [Change.LOST, Change.GAINED]
    assert "" in totals.facts()["outlets"]


def test_why_a_record_is_in_one_run_alone(tmp_path: Path) -> None:
    even = [row(number) for number in range(0, 6, 2)]
    _, totals = diff(tmp_path, even, [*even, row(1), row(3), row(8)])
    facts = totals.facts()
    assert facts["causes"] == {"input": {"records": 2, "blocks": 0}, "record": {"records": 1, "blocks": 0}}
    assert facts["why"]["warcs_only_in_b"] == ["1.warc.gz"]
    assert ("WARCs", "", "1.warc.gz") in reasons(facts)


def test_selection_and_completeness_come_from_run_json(tmp_path: Path) -> None:
    for name, selection, count in (("a", {"host": []}, 4), ("b", {"host": ["outlet0.example.org"]}, 2)):
        parts = tmp_path / name / "parts"
        parts.mkdir(parents=True)
        facts = {"kind": "rerun", "selection": selection, "repeats": {"table": name}, "complete": name == "a"}
        (tmp_path / name / "run.json").write_bytes(orjson.dumps(facts))
        rows = b"".join(orjson.dumps(row(number * 2)) + b"\n" for number in range(count))
        (parts / "0.warc.jsonl.gz").write_bytes(gzip.compress(rows))
        (parts / "0.warc.json").write_bytes(orjson.dumps({"part": "0.warc"}))
    one, other = stored(tmp_path / "a"), stored(tmp_path / "b")
    totals = Totals(one, other)
    assert len(list(differences(one, other, totals))) == 2
    facts = totals.facts()
    assert facts["causes"] == {"selection": {"records": 2, "blocks": 0}}
    assert facts["why"]["selection"] == [{"host": []}, {"host": ["outlet0.example.org"]}]
    assert ("repeats", "a", "b") in reasons(facts)
    assert ("complete", "yes", "no: it was stopped") in reasons(facts)


SIDES = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["x", "y"])), max_size=12)


@given(SIDES, SIDES)
def test_every_row_is_counted_once(tmp_path_factory: pytest.TempPathFactory, before, after) -> None:
    folder = tmp_path_factory.getbasetemp()
    found, totals = diff(folder, [row(*values) for values in before], [row(*values) for values in after])
    counts = totals.records
    assert counts["lost"] + counts["changed"] + counts["unchanged"] == len(before)
    assert counts["gained"] + counts["changed"] + counts["unchanged"] == len(after)
    assert len(found) == counts["gained"] + counts["lost"] + counts["changed"]
    backwards, _ = diff(folder, [row(*values) for values in after], [row(*values) for values in before])
    assert len(backwards) == len(found)
    if before == after:
        assert found == []


@pytest.mark.parametrize(
    "data",
    [
        b"no json\n",
        b"[1]\n",
        b'{"id": 3, "outcome": "article"}\n',
        b'{"url": ""}\n',
        gzip.compress(b"{}\n" * 9999)[:30],
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad").write_bytes(data)
    good = stored(write(tmp_path / "good", [row(1)]))
    bad = stored(tmp_path / "bad")
    for one, other in ((good, bad), (bad, good)):
        with pytest.raises(InputError, match="bad"):
            list(differences(one, other, Totals(one, other)))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run; name"):
        stored(tmp_path)
    with pytest.raises(InputError, match="no such run"):
        stored(tmp_path / "missing")


@pytest.mark.parametrize("now", [[0, 2, 1], [0, 1], [0, 1, 2, 3], [7, 8, 9]])
def test_a_run_that_changes_meanwhile_is_told_and_not_guessed_at(tmp_path: Path, now: list[int]) -> None:
    class Changing(Stored):
        """A run that is written anew as soon as it was read once."""

        def lines(self) -> Iterator[bytes]:
            yield from super().lines()
            write(self.path, [row(number) for number in now])

    changing = Changing(write(tmp_path / "a", [row(0), row(1), row(2)]))
    other = stored(write(tmp_path / "b", [row(0, "x"), row(1, "y"), row(2, "z")]))
    with pytest.raises(InputError, match="changed while"):
        list(differences(changing, other, Totals(changing, other)))
