"""What the arguments of a re-run name: sources of records, each once, in an order that no argument's place changes."""

from __future__ import annotations

import glob
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from pipelines.errors import InputError

NAMES: Final = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz", ".warc.gz.open", ".wacz")
OPEN: Final = ".open"  # behind the name of a WARC that still grows
_IN_ARCHIVE: Final = re.compile(r"/(warc/\d{4}/\d\d/\d\d/[^/]+)$")


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

    @property
    def named(self) -> bool:
        """Whether only the records at `places` are wanted, and not just found by them."""

    def open(self) -> BinaryIO:
        """It as a seekable file whose bytes are read when asked for. Raises `InputError`."""

    def digest(self) -> str:
        """Names its content: "sha256:<hex>", or what the store gives: "etag:...". Raises `InputError`."""

    def places(self) -> Sequence[Place] | None:
        """The records to read, where an index (CDXJ, WACZ) names them, by offset; None: all there are."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A WARC or ARC file on this machine."""

    file: Path

    @property
    def name(self) -> str:
        """Its place in an archive of ours, else its file name: what lies above that differs between machines."""
        whole = self.file.as_posix().removesuffix(OPEN)
        inside = _IN_ARCHIVE.search(f"/{whole}")
        return inside[1] if inside else whole.rpartition("/")[2]

    @property
    def size(self) -> int:
        try:
            return self.file.stat().st_size
        except OSError as error:
            raise InputError(f"{self.file}: can't be read ({error.strerror})") from error

    @property
    def path(self) -> Path:
        return self.file

    @property
    def named(self) -> bool:
        return False

    def open(self) -> BinaryIO:
        try:
            return self.file.open("rb", buffering=0)
        except OSError as error:
            raise InputError(f"{self.file}: can't be read ({error.strerror})") from error

    def digest(self) -> str:
        try:
            with self.file.open("rb") as file:
                return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        except OSError as error:
            raise InputError(f"{self.file}: can't be read ({error.strerror})") from error

    def places(self) -> None:
        return None


def sources(arguments: Iterable[str], far: Callable[[str], Iterable[Source] | None]) -> list[Source]:
    """What arguments name, by name: files, folders (walked for WARCs and WACZ), patterns; each file once.

    `far` is asked first and takes what lies elsewhere or is more than a WARC: stores, the web, WACZ, indexes; None: it
    is none of these. Raises `InputError` for what is not there, and for folders and patterns that hold no WARC.
    """
    found: dict[tuple[str, str], Source] = {}  # by name, and by what tells two of one name apart
    for argument in arguments:
        elsewhere = far(argument)
        for source in elsewhere if elsewhere is not None else _here(argument, far):
            place = str(source.path.resolve()) if source.path is not None else repr(source)
            found.setdefault((source.name, place), source)
    return [found[key] for key in sorted(found)]


def _here(argument: str, far: Callable[[str], Iterable[Source] | None]) -> Iterator[Source]:
    for file in _files(argument):
        more = far(str(file))
        yield from [LocalFile(file)] if more is None else more


def listed(lines: Iterable[str]) -> Iterator[str]:
    """The arguments in a list file: one a line; blank lines and those that begin with # are passed over."""
    for line in lines:
        if (argument := line.strip()) and not argument.startswith("#"):
            yield argument


def _files(argument: str) -> list[Path]:
    path = Path(argument)
    if path.is_dir():
        found = [each for each in path.rglob("*") if each.name.lower().endswith(NAMES) and each.is_file()]
        if not found:
            raise InputError(f"{argument}: no file in it ends in {', '.join(NAMES)}")
        return found
    if path.exists():
        return [path]
    if any(sign in argument for sign in "*?["):
        matches = [Path(match) for match in glob.glob(argument, recursive=True)]  # noqa: PTH207 - absolute ones, too
        if matches:
            return [file for match in matches for file in _matched(match)]
        raise InputError(f"{argument}: nothing matches the pattern")
    raise InputError(f"{argument}: there is no such file or folder")


def _matched(path: Path) -> list[Path]:
    """What a pattern matched: of folders their WARCs, and none is no fault."""
    if not path.is_dir():
        return [path]
    return [each for each in path.rglob("*") if each.name.lower().endswith(NAMES) and each.is_file()]
