"""How far a re-run is, told by its folder alone: no input is asked, and a run may be at work."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.rerun import base, layout

LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of a run, and what is left."""

    sealed: list[str]  # parts that are done
    read: list[str]  # parts that are derived and wait for the others
    stale: list[str]  # parts that are done, but of other rules, versions or another selection than run.json says
    left: list[str]  # inputs without a part that is done or read
    outcomes: dict[str, int]  # of the rows that are sealed
    damages: int
    at_work: bool  # whether a re-run holds the folder
    complete: bool

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "complete": self.complete,
            "at_work": self.at_work,
            "parts": {"sealed": len(self.sealed), "read": self.read, "stale": self.stale, "left": self.left},
            "rows": sum(self.outcomes.values()),
            "outcomes": self.outcomes,
            "damages": self.damages,
        }


def standing(run: Path) -> Standing:
    """Raises `InputError` where a mark can't be read."""
    facts = layout.read_run(run)
    wanted = {name: facts.get(name) for name in ("derivation", "selection_digest")}
    marks = layout.parts(run)
    fresh = [part for part in marks if {**wanted, **_made_of(part.mark)} == wanted]
    names = {part.name for part in fresh}
    read = [name for name in _read(run) if name not in {part.name for part in marks}]
    inputs = Counter[str](facts.get("inputs", []))
    inputs.subtract(part.mark["source"] for part in fresh)
    inputs.subtract(current.facts["source"] for name in read if (current := base.read(run, name)) is not None)
    outcomes = Counter[str]()
    for part in fresh:
        outcomes.update(part.mark["outcomes"])
    return Standing(
        sealed=sorted(names),
        read=read,
        stale=[part.name for part in marks if part.name not in names],
        left=sorted(name for name, count in inputs.items() for _ in range(count)),
        outcomes=dict(outcomes.most_common()),
        damages=sum(len(part.mark["damages"]) for part in fresh),
        at_work=_held(run),
        complete=bool(facts.get("complete")),
    )


def _made_of(mark: dict[str, Any]) -> dict[str, Any]:
    return {"derivation": mark["derivation"], "selection_digest": mark["selection"]}


def _read(run: Path) -> list[str]:
    """Parts that have been read to their end."""
    found = sorted(path.name.removesuffix(".json") for path in (run / layout.KNOWN).glob("[!.]*.json"))
    return [name for name in found if base.read(run, name) is not None]


def _held(run: Path) -> bool:
    try:
        handle = os.open(run / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
