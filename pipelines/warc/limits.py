"""What a reader wants of a file, and what a record must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: Record types that WARC 1.1 (section 5.10) wants a WARC-Target-URI of.
NEED_URL = frozenset({"response", "resource", "request", "revisit", "conversion", "continuation"})

START = 16 << 10  # bytes of a record that are looked at before the rest is inflated, and of a block that `Wants` sees

#: Whether a record is wanted, by its WARC-Type, its fields (names in lower case) and the first bytes of its block.
Wants = Callable[[str, Mapping[str, str], bytes], bool]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader wants of a file."""

    name: str  # what locators and damages call it
    types: frozenset[str] | None  # WARC-Types wanted; None: all
    max_record: int  # bytes of a block
    digests: bool  # whether each record is held against its block digest, or its payload digest if it has no other
    payloads: bool = False  # whether payload digests are checked where the block digest holds, too
    wants: Wants | None = None  # asked of each record of a type that is wanted; the others are passed over
