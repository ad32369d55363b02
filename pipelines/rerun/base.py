"""What a part is built on: a file of rows that is whole, what it was made of, and what was changed in it since.

In `known/` lie, for each part, `<name>.jsonl.gz` (a line for each capture), `<name>.json` (this) and, until the part is
sealed, `<name>.rows.gz` (rows of the first reading). Whatever moment a run is killed at, `<name>.json` names a file of
rows that is there and says what is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from pipelines.model import Outcome
from pipelines.rerun import known, layout
from pipelines.rerun.frames import Frame
from pipelines.rerun.known import Row

_FACTS: Final = ("part", "source", "bytes", "sha256", "rules", "derivation", "selection")


@dataclass(frozen=True, slots=True)
class Applied:
    """A row that is another than the first reading gave: what came of it, and where its frame ends."""

    row: int  # place among the rows of the part
    digest: str  # of what was applied
    outcome: Outcome
    detail: str
    length: int  # bytes of its frame
    crc: int
    size: int

    @classmethod
    def of(cls, row: int, digest: str, outcome: Outcome, detail: str, frame: Frame) -> Applied:
        return cls(row, digest, outcome, detail, len(frame.data), frame.crc, frame.size)

    def over(self, first: Row) -> Row:
        """The row as it is now."""
        return Row(first.id, self.outcome, self.detail, self.length, self.crc, self.size)


@dataclass(frozen=True, slots=True)
class Base:
    """A part that was read once."""

    facts: dict[str, Any]  # as `Job.facts` gives them
    damages: list[dict[str, Any]]
    without_row: dict[str, int]  # records by why they have none
    rows_sha256: str  # of the file of rows
    sealed: bool  # whether the rows lie in parts/, else in known/
    applied: tuple[Applied, ...] = ()  # by row

    def dumps(self) -> bytes:
        return layout.dump(
            {
                "version": known.VERSION,
                **self.facts,
                "damages": self.damages,
                "without_row": self.without_row,
                "rows_sha256": self.rows_sha256,
                "sealed": self.sealed,
                "applied": [astuple(each) for each in self.applied],
            }
        )


def loads(data: bytes) -> Base | None:
    """The inverse of `Base.dumps`; None for what another version wrote."""
    values = orjson.loads(data)
    if values.get("version") != known.VERSION:
        return None
    return Base(
        {name: values[name] for name in _FACTS},
        values["damages"],
        values["without_row"],
        values["rows_sha256"],
        values["sealed"],
        tuple(Applied(row, digest, Outcome(outcome), *rest) for row, digest, outcome, *rest in values["applied"]),
    )


def read(run: Path, part: str) -> Base | None:
    """What a part is built on; None if it has not been read to its end."""
    path = base_path(run, part)
    base = loads(path.read_bytes()) if path.is_file() else None
    if base is None or not lines_path(run, part).is_file() or not rows_path(run, part, sealed=base.sealed).is_file():
        return None
    return base


def write(run: Path, part: str, base: Base) -> None:
    """Raises `StorageError`."""
    with layout.whole(base_path(run, part)) as file:
        file.write(base.dumps())


def base_path(run: Path, part: str) -> Path:
    return run / layout.KNOWN / f"{part}.json"


def lines_path(run: Path, part: str) -> Path:
    return run / layout.KNOWN / f"{part}.jsonl.gz"


def rows_path(run: Path, part: str, *, sealed: bool) -> Path:
    """Where the rows of a base lie."""
    return layout.rows_path(run, part) if sealed else run / layout.KNOWN / f"{part}.rows.gz"


def applied_digest(applied: Iterable[Applied]) -> str:
    """Names what was changed in a part since its first reading."""
    said = "".join(f"{each.row} {each.digest}\n" for each in applied)
    return f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"


def remove(run: Path, part: str) -> None:
    """Take a part away, its mark first."""
    for path in (
        layout.mark_path(run, part),
        base_path(run, part),
        layout.rows_path(run, part),
        lines_path(run, part),
        rows_path(run, part, sealed=False),
    ):
        path.unlink(missing_ok=True)
