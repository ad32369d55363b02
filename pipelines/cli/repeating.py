"""`extract --repeats`: derive all pages, learn what their outlets repeat, derive again what that concerns.

Between the two, rows lie in a temporary file: memory holds the prints of one outlet at a time and a few bytes a page.
"""

from __future__ import annotations

import pickle
import tempfile
import zlib
from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from pipelines.cli.pages import Html, Page
from pipelines.errors import InputError
from pipelines.extract.residue import prints, repeats
from pipelines.extract.residue.prints import Print
from pipelines.model import Item
from pipelines.workers import FAULTS, Again, Worked

#: What a page is derived from a second time: a locator, or the page itself where it can't be read back.
Source = Item | Page | Html


@dataclass
class Learning:
    """What a run with --repeats says of it."""

    table: str = ""
    outlets: int = 0  # that repeat anything
    entries: int = 0
    derived_again: int = 0

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def twice(
    first: Iterable[tuple[Page | Html, Worked]],
    submit: Callable[[Source, Again], Future[Worked]],
    ahead: int,
    learning: Learning,
    folder: Path | None,
) -> Iterator[Worked]:
    """The rows of `first`, in its order, as what is learnt from all of them makes them.

    `submit` derives a page again, `ahead` of them at once; it may raise InputError for a file that is gone. `folder`
    takes the temporary files; None: where the system has them.
    """
    with _Spool(folder) as spool:
        for page, worked in first:
            spool.add(page, worked)
        table = {}
        for name in spool.outlets():
            outlet = repeats.learn(name, spool.prints_of(name))
            if outlet.entries:
                table[name] = outlet
        learning.table = repeats.table_digest({name: outlet.digest for name, outlet in table.items()})
        learning.outlets, learning.entries = len(table), sum(len(outlet.entries) for outlet in table.values())
        waiting: deque[tuple[Worked, Future[Worked] | None]] = deque()
        for source, worked, taken in spool:
            part = table[taken.outlet].part(taken) if taken is not None and taken.outlet in table else repeats.NOTHING
            waiting.append((worked, _submitted(submit, source, Again(part)) if part else None))
            while len(waiting) >= ahead:
                yield _better(*waiting.popleft(), learning)
        while waiting:
            yield _better(*waiting.popleft(), learning)


def _submitted(
    submit: Callable[[Source, Again], Future[Worked]], source: Source, again: Again
) -> Future[Worked] | None:
    try:
        return submit(source, again)
    except InputError:  # a file that was there a moment ago: its first row stands
        return None


def _better(first: Worked, future: Future[Worked] | None, learning: Learning) -> Worked:
    """The second row, unless bad luck made it."""
    if future is None:
        return first
    try:
        second = future.result()
    except InputError:
        return first
    if second.derived.outcome in FAULTS:
        return first
    learning.derived_again += 1
    return second


class _Spool:
    """Rows and prints in temporary files, in order. Iterate over it once, when all is added."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files = ExitStack()
        self._lengths = array("Q")  # of rows
        self._places = array("Q")  # of prints: where each begins, and its length; two numbers a row
        self._names: list[str] = []  # outlets by number
        self._numbers: dict[str, int] = {}
        self._outlet_of = array("q")  # number of each row's outlet; -1 where it has no print
        self._members: defaultdict[int, array[int]] = defaultdict(lambda: array("Q"))  # rows of each outlet

    def __enter__(self) -> Self:
        self._rows: IO[bytes] = self._file()
        self._prints: IO[bytes] = self._file()
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def _file(self) -> IO[bytes]:
        return self._files.enter_context(tempfile.TemporaryFile(dir=self._folder, prefix=".warchronicle-"))

    def add(self, page: Page | Html, worked: Worked) -> None:
        source: Source = page.item if isinstance(page, Page) and page.again else page
        # Our own values, written and read by this process alone, in a file without a name.
        data = zlib.compress(pickle.dumps((source, worked), pickle.HIGHEST_PROTOCOL), 1)
        self._rows.write(data)
        self._lengths.append(len(data))
        taken = _print(page, worked)
        packed = taken.pack() if taken is not None else b""
        self._places.extend((self._prints.tell(), len(packed)))
        self._prints.write(packed)
        if taken is None:
            self._outlet_of.append(-1)
            return
        number = self._numbers.setdefault(taken.outlet, len(self._names))
        if number == len(self._names):
            self._names.append(taken.outlet)
        self._members[number].append(len(self._outlet_of))
        self._outlet_of.append(number)

    def outlets(self) -> list[str]:
        return sorted(self._names)

    def prints_of(self, name: str) -> Iterator[Print]:
        for row in self._members[self._numbers[name]]:
            yield self._print(row, name)

    def _print(self, row: int, name: str) -> Print:
        self._prints.seek(self._places[2 * row])
        return prints.unpack(name, self._prints.read(self._places[2 * row + 1]))

    def __iter__(self) -> Iterator[tuple[Source, Worked, Print | None]]:
        self._rows.seek(0)
        for row, length in enumerate(self._lengths):
            source, worked = pickle.loads(zlib.decompress(self._rows.read(length)))  # noqa: S301 - see `add`
            number = self._outlet_of[row]
            yield source, worked, self._print(row, self._names[number]) if number >= 0 else None


def _print(page: Page | Html, worked: Worked) -> Print | None:
    article = worked.derived.article
    if article is None:
        return None
    folder = "" if isinstance(page, Page) else str(page.path.parent) if page.path else "-"
    taken = prints.take(article, folder)
    return taken if taken.keys and taken.outlet else None
