from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.derive import same_payload
from pipelines.model import Outcome
from pipelines.rerun.known import Capture, Entry, Row
from pipelines.rerun.revisits import Originals

START = datetime(2022, 9, 10, 6, 0, 0, 250_000, UTC)
URL = "https://news.test/a"


def original(number: int = 1, **changes: object) -> Entry:
    capture = Capture(f"urn:uuid:{number}", URL, START + timedelta(hours=number), f"sha1:{number}")
    return Entry(replace(capture, **changes))


def revisit(outcome: Outcome = Outcome.DUPLICATE, detail: str = "", **changes: object) -> Entry:
    capture = Capture("urn:uuid:99", URL, START + timedelta(days=1), "", revisit=True)
    return Entry(replace(capture, **changes), Row("r" * 16, outcome, detail, 1, 1, 1))


def resolved(entry: Entry, *others: Entry) -> tuple[Outcome, str] | None:
    """The end of a revisit, whatever the order of the others; None: as it says itself."""
    found = set()
    for order in (others, others[::-1]):
        originals = Originals()
        originals.ask(entry)
        for other in (*order, entry):
            originals.show(other)
        change = originals.change(0, entry)
        found.add((change.outcome, change.detail) if change else None)
    assert len(found) == 1
    return found.pop()


def named(entry: Entry) -> tuple[Outcome, str]:
    when = entry.capture.date.isoformat().replace("+00:00", "Z").replace("250000", "25")
    return Outcome.DUPLICATE, same_payload(entry.capture.row_id, entry.capture.record_id, when)


def test_by_record_id_before_all_else():
    wanted, same_url, same_digest = original(1), original(2), original(3)
    entry = revisit(refers_to="urn:uuid:1", refers_url=URL, refers_date="2022-09-10T08:00:00.25Z", digest="sha1:3")
    assert resolved(entry, wanted, same_url, same_digest) == named(wanted)


def test_by_address_and_date_though_one_leaves_the_fraction_out():
    entry = revisit(refers_to="urn:uuid:gone", refers_url=URL, refers_date="2022-09-10T08:00:00Z", digest="sha1:3")
    assert resolved(entry, original(1), original(2), original(3)) == named(original(2))


def test_by_digest_the_earliest():
    entry = revisit(refers_url=URL, refers_date="2022-01-01T00:00:00Z", digest="SHA1:X")
    later, earlier = original(5, digest="sha1:x"), original(3, digest="sha1:x")
    assert resolved(entry, original(1), later, earlier) == named(earlier)


def test_a_row_that_says_it_already_stays():
    outcome, detail = named(original(1))
    assert resolved(revisit(outcome, detail, refers_to="urn:uuid:1"), original(1)) is None


def test_what_is_nowhere():
    outcome, detail = resolved(revisit(refers_to="urn:uuid:7", digest="sha1:7"), original(1))
    assert outcome is Outcome.UNRESOLVED_REVISIT
    assert "none of the inputs" in detail
    assert "urn:uuid:7" in detail


def test_a_circle_of_two_and_one_that_means_itself_are_unresolved():
    one = revisit(record_id="urn:uuid:1", refers_to="urn:uuid:2")
    two = revisit(record_id="urn:uuid:2", refers_to="urn:uuid:1")
    assert resolved(one, two)[0] is Outcome.UNRESOLVED_REVISIT
    assert resolved(revisit(refers_to="urn:uuid:99"))[0] is Outcome.UNRESOLVED_REVISIT


def test_not_modified_stays_so_and_names_its_record():
    entry = revisit(Outcome.NOT_MODIFIED, "304", refers_url=URL, refers_date="2022-09-10T07:00:00Z")
    outcome, detail = resolved(entry, original(1))
    assert outcome is Outcome.NOT_MODIFIED
    assert detail == "304; as captured 2022-09-10T07:00:00.25Z in urn:uuid:1"


@pytest.mark.parametrize("outcome", [Outcome.REDIRECT, Outcome.HTTP_4XX])
def test_a_revisit_of_no_page_needs_no_original(outcome):
    originals = Originals()
    entry = revisit(outcome, refers_to="urn:uuid:1")
    originals.ask(entry)
    assert not originals
    assert originals.change(0, entry) is None


def test_nothing_is_held_of_captures_that_nobody_asks_for():
    originals = Originals()
    for number in range(100):
        originals.show(original(number))
    assert not originals
