"""What a reader wants of a file, and what a record must have."""

from __future__ import annotations

from dataclasses import dataclass

#: Record types that WARC 1.1 (section 5.10) wants a WARC-Target-URI of.
NEED_URL = frozenset({"response", "resource", "request", "revisit", "conversion", "continuation"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader wants of a file."""

    name: str  # what locators and damages call it
    types: frozenset[str] | None  # WARC-Types wanted; None: all
    max_record: int  # bytes of a block
    digests: bool  # whether each record is held against its block digest, or its payload digest if it has no other
    payloads: bool = False  # whether payload digests are checked where the block digest holds, too
