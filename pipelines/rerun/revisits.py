"""Which payload a revisit speaks of: a record of the same file or of another one of the input, or none of them.

The three ways, in this order: by WARC-Refers-To; by WARC-Refers-To-Target-URI and -Date; by payload digest, where the
earliest capture with that payload counts. What none of them finds is an outcome, `unresolved_revisit`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from pipelines import urls
from pipelines.derive import not_modified, same_payload
from pipelines.model import Outcome
from pipelines.rerun.known import Capture, Entry
from pipelines.rerun.rewrite import Change
from pipelines.warc.fields import parse_date

#: Rows of revisits that say more of themselves (a redirect, an error) need no payload.
_OPEN: Final = frozenset({Outcome.DUPLICATE, Outcome.NOT_MODIFIED, Outcome.UNRESOLVED_REVISIT})
_REMEMBERED: Final = 8  # bytes of a digest that stand for a name


@dataclass(frozen=True, slots=True)
class _Original:
    date: str
    record_id: str
    row_id: str

    def __lt__(self, other: _Original) -> bool:
        return (self.date, self.record_id) < (other.date, other.record_id)


class Originals:
    """The captures that revisits of the input speak of. Ask for all revisits, then show all captures, then resolve.

    It holds a few dozen bytes for each name that is asked for, and an original for each that is found.
    """

    def __init__(self) -> None:
        self._found: dict[bytes, _Original | None] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def ask(self, entry: Entry) -> None:
        """Look for what an entry may refer to."""
        if is_open(entry):
            for name in _names(entry.capture):
                self._found.setdefault(name, None)

    def show(self, entry: Entry) -> None:
        """Have a capture looked at."""
        capture = entry.capture
        if capture.revisit or not capture.record_id:
            return
        row_id = entry.row.id if entry.row is not None else capture.row_id
        original = _Original(urls.timestamp(capture.date), capture.record_id, row_id)
        for name in (_by_id(capture.record_id), _by_url(capture.url, original.date), _by_digest(capture.digest)):
            if name in self._found:
                known = self._found[name]
                self._found[name] = original if known is None or original < known else known

    def change(self, number: int, entry: Entry) -> Change | None:
        """What is to be another in the row of a revisit than what it says of itself."""
        if not is_open(entry):
            return None
        assert entry.row is not None
        capture, outcome = entry.capture, entry.row.outcome
        found = next((original for name in _names(capture) if (original := self._found.get(name)) is not None), None)
        if found is None:
            missing = capture.refers_to or capture.refers_url or capture.digest
            detail = f"none of the inputs holds what it refers to: {missing}" if missing else entry.row.detail
            return _change(number, entry, Outcome.UNRESOLVED_REVISIT, detail)
        if outcome is Outcome.NOT_MODIFIED:
            return _change(number, entry, outcome, not_modified(found.record_id, found.date))
        return _change(number, entry, Outcome.DUPLICATE, same_payload(found.row_id, found.record_id, found.date))


def is_open(entry: Entry) -> bool:
    """Whether an entry is a revisit whose row depends on where its payload is."""
    return entry.capture.revisit and entry.row is not None and entry.row.outcome in _OPEN


def _change(number: int, entry: Entry, outcome: Outcome, detail: str) -> Change | None:
    assert entry.row is not None
    if (entry.row.outcome, entry.row.detail) == (outcome, detail):
        return None
    digest = hashlib.sha256(f"{outcome.value} {detail}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Change(number, digest, outcome=outcome, detail=detail)


def _names(capture: Capture) -> list[bytes]:
    """What a revisit may find its original by, surest first."""
    names = (_by_id(capture.refers_to), _by_url(capture.refers_url, _stated(capture)), _by_digest(capture.digest))
    return [name for name in names if name]


def _stated(capture: Capture) -> str:
    date = parse_date(capture.refers_date)
    return urls.timestamp(date) if date is not None else ""


def _by_id(record_id: str) -> bytes:
    return _name("id", record_id) if record_id else b""


def _by_url(url: str, date: str) -> bytes:
    """Dates as far as both state them: many writers leave fractions of a second out of one of the two."""
    return _name("url", f"{date[:19]} {url}") if url and date else b""


def _by_digest(digest: str) -> bytes:
    return _name("digest", digest.lower()) if digest else b""


def _name(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest()[:_REMEMBERED]
