"""Bad archives through `rerun`, `extract` and `verify`, as a user runs them: what is wrong costs itself and is counted.

Rows 27 to 38 of the table of threats and faults, and where each is tried; the unit tests go through every cut and bit:

27 truncated tail          here; unit/warc/test_reader.py::test_every_cut_of_the_last_members_is_seen, ..._of_a_plain_file
28 lying Content-Length    here; test_reader.py::test_a_bad_record_in_its_own_member, ..._in_a_shared_stream
29 bombs                   here; test_reader.py::test_a_bomb_is_not_held_in_memory, unit/warc/test_wacz.py (zip),
                           unit/test_derive.py::test_a_bomb
30 other gzip              here; test_reader.py::test_every_form_of_archive, ::test_garbage_between_members,
                           test_rerun.py::test_records_that_cannot_be_read_alone
31 huge heads              here; test_reader.py::test_a_bad_record_in_its_own_member
32 line breaks on writing  unit/warc/test_values.py::test_a_value_that_would_break_the_head_is_refused,
                           unit/warc/test_records.py::test_what_feeds_and_servers_say_can_not_break_a_record
33 names that lead out     here; unit/store/test_text.py::test_hostile_urls_stay_inside,
                           test_rerun_inputs.py::test_an_index_may_not_lead_out_of_its_place, unit/warc/test_wacz.py
34 not HTTP                here; test_foreign_warcs.py (dns:, whois:, ftp:, urn:)
35 wrong digests           here; test_reader.py::test_a_flipped_bit_costs_that_record_only, test_wacz.py (files)
36 revisits                here; unit/rerun/test_revisits.py
37 the same id twice       here
38 the same bytes again    test_rerun_kill.py::test_the_same_bytes_elsewhere_and_no_socket
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ExitCode
from pipelines.rerun import layout
from tests import reruns
from tests.integration import bad_archives as bad
from tests.integration.test_bad_input import Ended, ended

ARTICLE = {"article": 2}  # the good pages around what is bad


@dataclass
class Rerun:
    folder: Path
    members: dict[str, int]  # how many each file has
    out: Path
    ended: Ended
    facts: dict[str, Any]
    marks: dict[str, dict[str, Any]]
    rows: dict[str, list[dict[str, Any]]]
    before: set[Path]  # what lay around

    def damages(self, name: str) -> list[str]:
        return [damage["kind"] for damage in self.marks[f"{name}.warc"]["damages"]]


@pytest.fixture(scope="module")
def rerun(tmp_path_factory: pytest.TempPathFactory) -> Rerun:
    top = tmp_path_factory.mktemp("top")
    folder, out, log = top / "below" / "in", top / "below" / "out", top / "log"
    members = bad.write(folder)
    before = {*top.rglob("*"), log, out}
    with log.open("wb") as errors, (top / "facts").open("wb") as answer:
        process = subprocess.Popen(
            reruns.command(out, "--jobs", "2", folder), cwd=reruns.ROOT, stdout=answer, stderr=errors
        )
        result = ended(process, log)
    facts = json.loads((top / "facts").read_bytes())
    (top / "facts").unlink()
    marks = {part.name: part.mark for part in layout.parts(out)}
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in layout.rows_of(out):
        rows.setdefault(row["provenance"]["warc"], []).append(row)
    return Rerun(folder, members, out, result, facts, marks, rows, before)


EXPECTED = {
    "cut": (ARTICLE, ["cut"]),
    "lengths": (ARTICLE, ["length", "length", "length", "length", "missing_head"]),
    "bombs": ({"article": 2, "undecodable": 2}, ["too_large"]),
    "trailing": ({"article": 3}, ["not_gzip", "trailing", "not_gzip", "not_gzip"]),
    "one-stream": (ARTICLE, []),
    "heads": ({"article": 2, "no_text": 1}, ["not_warc", "not_warc"]),
    "names": ({"article": 2 + len(bad.HOSTILE) + 3}, []),
    "schemes": ({"article": 2, "not_http": 6}, []),
    "digests": (ARTICLE, ["block_digest", "payload_digest", "bad_gzip", "bad_gzip"]),
    "revisits": ({"article": 2, "duplicate": 1, "unresolved_revisit": 4}, []),
    "twins": ({"article": 4}, []),
    "dates": (ARTICLE, ["missing_head"] * 6),
}


@pytest.mark.parametrize("name", bad.FILES)
def test_what_is_bad_costs_itself(rerun: Rerun, name: str):
    outcomes, damages = EXPECTED[name]
    mark = rerun.marks[f"{name}.warc"]
    assert (mark["outcomes"], rerun.damages(name)) == (outcomes, damages)
    assert rerun.rows[f"{name}.warc.gz"][0]["url"].endswith("/story-1")
    size = (rerun.folder / f"{name}.warc.gz").stat().st_size
    for damage in mark["damages"]:
        assert 0 < damage["offset"] <= damage["offset"] + damage["length"] <= size
        assert damage["detail"]


def test_every_record_is_counted_once(rerun: Rerun):
    """Rows and damages are as many as what was written, but for what has no row and what lies between records."""
    for name in ("lengths", "bombs", "heads", "schemes", "digests", "revisits", "twins", "dates", "cut"):
        mark = rerun.marks[f"{name}.warc"]
        assert mark["rows"] + len(mark["damages"]) == rerun.members[name]
    assert rerun.facts["damages"] == sum(len(damages) for _, damages in EXPECTED.values())
    assert rerun.facts["rows"] == sum(map(len, rerun.rows.values()))
    assert rerun.facts["complete"]
    assert rerun.ended.code == ExitCode.PARTIAL
    assert "Traceback" not in rerun.ended.log


def test_neither_bombs_nor_heads_take_memory(rerun: Rerun):
    """300 MB three times, unfolded, and heads of 16 MB."""
    assert 50 * bad.MIB < rerun.ended.peaks["crawler"] < 350 * bad.MIB  # of the coordinator
    assert 100 * bad.MIB < rerun.ended.peaks["worker"] < 400 * bad.MIB


def test_no_name_leads_out_of_the_folder(rerun: Rerun):
    top = rerun.folder.parents[1]
    made = {path for path in {*top.rglob("*")} - rerun.before if rerun.out not in path.parents}
    assert made == set()
    inside = [path for path in rerun.out.rglob("*") if path.is_file()]
    assert {path.parent for path in inside} == {rerun.out, rerun.out / layout.PARTS, rerun.out / layout.KNOWN}
    assert all(set(path.name) <= set(SAFE) for path in inside)
    assert not (reruns.ROOT / "x").exists()
    texts = rerun.out.parent / "texts"
    done = warchronicle("export", rerun.out, "--format", "text", "-o", texts)
    assert done.returncode == ExitCode.OK, done.stderr
    written = [path for path in texts.rglob("*") if path.is_file()]
    assert len(written) >= len(bad.HOSTILE)
    assert {
        path for path in {*top.rglob("*")} - rerun.before if not {texts, rerun.out} & {path, *path.parents}
    } == set()
    assert all(path.resolve().is_relative_to(texts.resolve()) for path in written)


SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"


def test_two_records_of_one_name_are_two_rows(rerun: Rerun):
    rows = rerun.rows["twins.warc.gz"]
    assert len({row["provenance"]["offset"] for row in rows}) == 4
    assert len({row["provenance"]["record_id"] for row in rows}) == 2
    same = Counter(row["id"] for row in rows)
    assert sorted(same.values()) == [1, 1, 2]  # the very same record has the same name; its offset tells which is which


def test_what_no_revisit_leads_to_is_said(rerun: Rerun):
    rows = {row["url"].rpartition("/")[2]: row for row in rerun.rows["revisits.warc.gz"]}
    for name in ("circle-a", "circle-b", "itself", "nowhere"):
        assert rows[name]["outcome"] == "unresolved_revisit"
        assert rows[name]["detail"]
    assert rows["sound"]["outcome"] == "duplicate"


def warchronicle(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *map(os.fspath, arguments)],
        cwd=reruns.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_extract_and_verify_see_the_same(rerun: Rerun):
    done = warchronicle("extract", "--json", "--jobs", "2", rerun.folder)
    facts = json.loads(done.stderr)
    assert (done.returncode, facts["damages"], facts["unreadable"]) == (ExitCode.PARTIAL, rerun.facts["damages"], 0)
    found: dict[str, Counter[str]] = {}
    for row in map(json.loads, done.stdout.splitlines()):
        found.setdefault(Path(row["provenance"]["warc"]).name, Counter())[row["outcome"]] += 1
    for name in bad.FILES:
        assert found[f"{name}.warc.gz"]["article"] == EXPECTED[name][0]["article"]
    told = json.loads(warchronicle("verify", "--json", rerun.folder).stdout)
    kinds = {Path(file["file"]).name: [damage["kind"] for damage in file["damages"]] for file in told["files"]}
    for name in bad.FILES:
        # to verify, an id that stands twice is a fault
        assert kinds[f"{name}.warc.gz"] == (["not_warc"] * 2 if name == "twins" else EXPECTED[name][1]), name
