"""What the arguments of a re-run name: sources of records, each once, in an order that no argument's place changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """A record that an index names: where it lies, and what may be selected on before it is read."""

    offset: int  # bytes
    length: int  # bytes of its gzip member; 0 if the index does not say
    url: str
    date: datetime  # WARC-Date, or the index's time, which has whole seconds only
    mime: str = ""  # lower case; "warc/revisit" for revisits, "" if the index does not say


class Source(Protocol):
    """One WARC, wherever it lies. Sources are pickled into workers: they hold names, never open files."""

    @property
    def name(self) -> str:
        """What rows call it in `provenance.warc`: the same on every machine; no absolute path, no credentials."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def path(self) -> Path | None:
        """Where it lies as a file, if it is one: workers read its records back themselves then."""

    def open(self) -> BinaryIO:
        """It as a seekable file whose bytes are read when asked for. Raises `InputError`."""

    def digest(self) -> str:
        """Names its content: "sha256:<hex>", or what the store gives: "etag:...". Raises `InputError`."""

    def places(self) -> Sequence[Place] | None:
        """The records to read, where an index (CDXJ, WACZ) names them, by offset; None: all there are."""
