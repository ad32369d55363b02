"""A part of a run as a value: one source and how it is derived. It can be pickled, so any scheduler may carry it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from pipelines.derive import DeriveSettings
from pipelines.model import Processing
from pipelines.rerun.inputs import Source
from pipelines.rerun.select import Selection
from pipelines.workers import DerivePool

_AHEAD: Final = 8  # pages for each worker that are read before the first of them is written


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page and a part may take."""

    workers: int = 0  # processes; 0: one for each processor
    timeout_seconds: float = 20.0
    memory_bytes: int = 1 << 30
    max_record: int = 64 << 20  # bytes of a block; a larger one is a damage


@dataclass(frozen=True, slots=True)
class Job:
    """One part. Whoever runs it must see the run's folder, and the source where it says that it lies."""

    run: Path  # the run's folder
    part: str  # name of the part
    source: Source
    digest: str  # of the source's content
    size: int  # bytes of it
    selection: Selection
    settings: DeriveSettings
    processing: Processing
    limits: Limits

    def pool(self) -> DerivePool:
        """Workers for this part alone."""
        limits = self.limits
        return DerivePool(
            limits.workers, limits.timeout_seconds, limits.memory_bytes, self.settings, Path(), self.processing
        )

    @property
    def ahead(self) -> int:
        """Pages that may be with the workers or done before the first of them is written."""
        return _AHEAD * (self.limits.workers or len(os.sched_getaffinity(0)))

    def facts(self) -> dict[str, object]:
        """What a part was made of: where one of these differs, it is stale."""
        return {
            "part": self.part,
            "source": self.source.name,
            "bytes": self.size,
            "sha256": self.digest.removeprefix("sha256:"),
            "rules": self.processing.rules_digest,
            "derivation": derivation(self.processing, self.settings, self.limits),
            "selection": self.selection.digest,
        }


def derivation(processing: Processing, settings: DeriveSettings, limits: Limits) -> str:
    """Names all that can change a row besides its record: versions, rules, and settings that pages are judged by."""
    said = {**asdict(processing), "run": "", "min": settings.min_characters, "max": settings.decoded_max}
    said |= {"evidence": sorted(settings.residue.evidence), "record": limits.max_record}
    return f"sha256:{hashlib.sha256(orjson.dumps(said)).hexdigest()}"
