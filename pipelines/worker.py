"""The child's side of `workers`: a process that derives one page after the other, and may die of any of them.

It imports this package's own wings and never Scrapy; `workers.DerivePool` starts it as its own program, so that
nothing of the parent comes along.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from pipelines import rows
from pipelines.derive import DeriveSettings, derive, derive_html, derive_text
from pipelines.errors import RecordError
from pipelines.extract.residue.repeats import Part
from pipelines.model import Derived, Found, Item, Outcome, Processing, Record
from pipelines.warc.reader import read_at

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_WARM_UP: Final = b"""<html><head><title>Warm up</title></head><body><article><h1>Warm up</h1><p>On 3. Oktober 2022
one page is read before the first real one, so that models and tables are loaded.</p></article></body></html>"""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every page of a pool has in common."""

    settings: DeriveSettings
    archive: Path
    processing: Processing
    memory_bytes: int  # that one page may need

    def again(self, again: Again | None) -> Setting:
        """The same for a page that is derived a second time."""
        if again is None:
            return self
        residue = replace(self.settings.residue, repeated=again.repeated)
        made_by = replace(self.processing, run=again.run or self.processing.run)
        return replace(self, settings=replace(self.settings, residue=residue), processing=made_by)


@dataclass(frozen=True, slots=True)
class Again:
    """What the second derivation of a page knows and the first did not."""

    repeated: Part  # what the page has in common with other stories of its outlet
    run: str = ""  # the run that its row belongs to; "": this one


@dataclass(frozen=True, slots=True)
class Worked:
    """A derived record and its JSON row, made in the child so that the parent has little to do."""

    derived: Derived
    row: bytes
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the child answers. Exactly one of `value` and `fault` says something."""

    value: Any = None
    fault: str = ""  # what was raised, in one line
    no_memory: bool = False
    retiring: bool = False  # the child ends after this: it has grown, or can't be trusted any more


def worked(derived: Derived, setting: Setting, found: Found | None = None) -> Worked:
    return Worked(derived, rows.dumps(rows.row(derived, setting.processing, found)), found)


def of_item(setting: Setting, item: Item, again: Again | None = None) -> Worked:
    """Read a record back from its WARC and derive it. Raises `InputError` if the file can't be read at all."""
    setting = setting.again(again)
    try:
        record = read_at(setting.archive, item.locator)
    except RecordError as error:
        return worked(damaged(item, str(error)), setting, item.found)
    return worked(derive(record, item.found, setting.settings), setting, item.found)


def of_record(setting: Setting, record: Record, found: Found | None, again: Again | None = None) -> Worked:
    """Derive a record that somebody has read already, such as one from a pipe."""
    setting = setting.again(again)
    return worked(derive(record, found, setting.settings), setting, found)


def of_html(
    setting: Setting, html: bytes, name: str, url: str, captured_at: datetime | None, again: Again | None = None
) -> Worked:
    setting = setting.again(again)
    derived = derive_html(html, id=name, url=url, settings=setting.settings, captured_at=captured_at)
    return worked(derived, setting)


def of_text(setting: Setting, text: bytes, name: str, url: str, again: Again | None = None) -> Worked:
    """Derive a text file, which has no markup left."""
    setting = setting.again(again)
    return worked(derive_text(text, id=name, url=url, settings=setting.settings), setting)


def damaged(item: Item, detail: str) -> Derived:
    """The row of a record that can't be read; it has the name of its record, as nothing else is known for sure."""
    name = item.locator.record_id.rpartition(":")[2].replace("-", "")[:16]
    return Derived(name, item.found.url if item.found else "", Outcome.DAMAGED_RECORD, detail)


def serve(descriptor: int, parent: int) -> None:
    """Answer calls (function, arguments) that come through the socket, until the parent is gone or says enough."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _die_with(parent)
    with contextlib.closing(Connection(descriptor)) as parent_end, contextlib.suppress(EOFError, BrokenPipeError):
        setting: Setting = parent_end.recv()
        of_html(setting, _WARM_UP, "warm-up", "", None)
        room = _Room(setting.memory_bytes)
        parent_end.send(Reply(value="ready"))
        while (call := parent_end.recv()) is not None:
            reply = _answer(setting, call, room)
            parent_end.send(reply)
            if reply.retiring:
                return


def _answer(setting: Setting, call: tuple[Callable[..., Any], tuple[Any, ...]], room: _Room) -> Reply:
    function, arguments = call
    try:
        value = function(setting, *arguments)
    except MemoryError:
        return Reply(fault="MemoryError", no_memory=True, retiring=True)
    except Exception as error:  # noqa: BLE001  no page may end the run: its outcome says what happened
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = " ".join(str(error).split())[:300]
        return Reply(fault=f"{type(error).__name__}: {said} ({Path(where.filename).name}:{where.lineno})")
    return Reply(value=value, retiring=room.is_short())


class _Room:
    """Address space for one page on top of what the process needs without any."""

    def __init__(self, size: int) -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._start, self._size = _address_space(), size
        if self._start:
            limit = self._start + size
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def is_short(self) -> bool:
        """Whether earlier pages left less than three quarters of it: a page's outcome must not depend on them."""
        return bool(self._start) and _address_space() - self._start > self._size // 4


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system has no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _die_with(parent: int) -> None:
    """Be killed when the parent dies, also of kill -9 and in the middle of a page."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before
        sys.exit(0)
