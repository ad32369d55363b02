"""One row proved: its record fetched by its locator, derived again, and held against what the row says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from pipelines.errors import InputError, RecordError
from pipelines.extract.residue import prints, repeats
from pipelines.extract.residue.prints import Print
from pipelines.extract.residue.repeats import NOTHING, Part
from pipelines.model import Damage, Item, Outcome, Removal
from pipelines.rerun.diff_rows import Change, Difference, Row, align, compare, versions
from pipelines.rerun.far import Elsewhere
from pipelines.rerun.from_row import provenance_of
from pipelines.rerun.inputs import LocalFile, Place, Source, sources
from pipelines.rerun.scan import Page, scan
from pipelines.rerun.select import ALL
from pipelines.rerun.stored import Stored
from pipelines.warc.disk import OPEN
from pipelines.workers import Again, DerivePool

#: What a run says of revisits by all its records (`revisits`); one record can't tell.
_OF_THE_RUN: Final = frozenset({Outcome.DUPLICATE, Outcome.NOT_MODIFIED, Outcome.UNRESOLVED_REVISIT})
_WIDE: Final = 12  # characters of a digest, for people


@dataclass(frozen=True, slots=True)
class Proof:
    """What deriving a row again gave."""

    row: dict[str, Any]  # as it is derived now
    difference: Difference | None  # None: the same
    versions: dict[str, tuple[str, str]]  # of code, rules and libraries, where they differ: then, now
    notes: tuple[str, ...]  # what was not compared, and why
    causes: tuple[str, ...]  # of differences, the likely ones


@dataclass(frozen=True, slots=True)
class _At:
    """A source of which one record is wanted."""

    source: Source
    place: Place

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def size(self) -> int:
        return self.source.size

    @property
    def path(self) -> Path | None:
        return self.source.path

    @property
    def named(self) -> bool:
        return True

    def open(self) -> BinaryIO:
        return self.source.open()

    def digest(self) -> str:
        return self.source.digest()

    def places(self) -> Sequence[Place] | None:
        return [self.place] if self.place.length else None  # one that shares its member is found by its id


def rederive(row: Row, run: Stored, warcs: str, max_record: int, pool: DerivePool) -> Proof:
    """Derive a row of `run` again. `warcs` is where its WARC lies: anything that a re-run takes; "" for its archive.

    Raises `InputError` where the WARC or the record's place is not to be found, `RecordError` for a damaged record.
    """
    page = _fetch(row, _source(row, run, warcs), max_record)
    repeated = _repeated(row, run)
    again = Again(repeated) if repeated else None
    made = pool.submit_record(page.record, Item(page.record.locator, page.found), again).result()
    now: dict[str, Any] = orjson.loads(made.row)
    notes = []
    if page.record.type == "revisit" and {row["outcome"], now["outcome"]} <= _OF_THE_RUN:
        said = {"outcome": row["outcome"], "detail": row.get("detail")}
        if said != {name: now[name] for name in said}:
            notes.append("what a revisit repeats is known to a whole run: outcome and detail are taken as they are")
        now |= said
    now["provenance"]["warc"] = row["provenance"]["warc"]  # the file was found by it, whatever it is called here
    difference = _compare(row, now)
    changed = versions(row.get("processing"), now.get("processing"))
    return Proof(now, difference, changed, tuple(notes), tuple(_causes(difference, changed)) if difference else ())


def _compare(then: Row, now: Row) -> Difference | None:
    """`compare`, and name and place of the record as well."""
    blocks = align(then.get("blocks") or (), now.get("blocks") or ())
    found = compare(then, now) or Difference(Change.CHANGED, then, now, {}, blocks)
    places = {name: (then.get(name), now.get(name)) for name in ("id", "provenance") if then.get(name) != now.get(name)}
    found = replace(found, fields={**found.fields, **places})
    return found if found.fields or found.blocks else None


def _causes(difference: Difference, changed: dict[str, tuple[str, str]]) -> Iterator[str]:
    """What a difference comes from, most likely first."""
    if "id" in difference.fields or "payload_digest" in difference.fields:
        yield "another record lies there than the row was made of"
    for name, (then, now) in changed.items():
        what = "other rules or code of extraction" if name == "rules_digest" else f"another {name}"
        yield f"{what}: {_short(then)} then, {_short(now)} now"
    if any("site-repeat" in pair.rules for pair in difference.blocks):
        yield "what the outlet repeats was learnt from other pages than the run holds now"
    if not changed:
        yield "settings that a row does not hold (derive.min_characters, fetch.decoded_max): name theirs with --config"
        yield "the row was changed after it was made"


def _short(value: str) -> str:
    kind, mark, digest = value.partition(":")
    return f"{kind}:{digest[:_WIDE]}" if mark else value or "none"


def _fetch(row: Row, source: Source, max_record: int) -> Page:
    """The record of a row with what our metadata say of it."""
    known = provenance_of(row)
    assert known is not None
    locator = known.locator
    place = Place(locator.offset, locator.length, row.get("url") or "", known.captured_at)
    damage: Damage | None = None
    for event in scan(_At(source, place), ALL, max_record):
        if isinstance(event, Page) and event.record.locator.record_id == locator.record_id:
            return event
        if isinstance(event, Damage) and (damage is None or event.offset == locator.offset):
            damage = event
    what = f"{damage.kind.value}: {damage.detail}" if damage else "another record lies there"
    raise RecordError(f"{source.name} at {locator.offset}: {locator.record_id} can't be read ({what})")


def _source(row: Row, run: Stored, warcs: str) -> Source:
    """The WARC that a row names. Raises `InputError` where it can't be found."""
    place = row.get("provenance")
    if not place or not place.get("warc"):
        raise InputError(f"{row['id']}: the row names no record, so there is nothing to derive it from again")
    name: str = place["warc"]
    if not warcs or Path(warcs).is_dir():
        roots = [Path(warcs)] if warcs else [*([run.archive] if run.archive else []), Path()]
        for path in (root / name for root in roots):
            for file in (path, path.with_name(path.name + OPEN)):
                if file.is_file():
                    return LocalFile(file)
    if not warcs:
        raise InputError(f"{name}: it is not here; say with --warc-root where the run's WARCs lie")
    named = [source for source in sources([warcs], Elsewhere()) if _is(source, name)]
    if not named:
        raise InputError(f"{warcs}: it holds no {name}")
    return named[0]


def _is(source: Source, name: str) -> bool:
    return source.name == name or source.name.rpartition("/")[2] == name.rpartition("/")[2]


def _repeated(row: Row, run: Stored) -> Part:
    """What the row's outlet repeats of its page, learnt once more from the run's rows; NOTHING if it was not learnt."""
    if not row.get("blocks"):
        return NOTHING
    page = prints.of_row(row)
    if not page.outlet:
        return NOTHING
    applied = False
    mark, site = Removal.SITE_REPEAT.value, page.outlet.encode()
    known: list[Print] = []
    for other in _rows_with(run, site):
        if not other.get("blocks"):
            continue
        taken = prints.of_row(other)
        if taken.outlet == page.outlet and taken.keys:
            known.append(taken)
            applied = applied or any(block.get("removal") == mark for block in other["blocks"])
    return repeats.learn(page.outlet, known).part(page) if applied else NOTHING


def _rows_with(run: Stored, word: bytes) -> Iterable[dict[str, Any]]:
    """The rows in which a word stands: the others need no parsing."""
    return (orjson.loads(line) for line in run.lines() if word in line)
