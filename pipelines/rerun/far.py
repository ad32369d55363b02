"""Sources that are more than a WARC on this machine: in S3, on the web, inside a WACZ, or named by an index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from pipelines.errors import InputError
from pipelines.rerun.inputs import NAMES, LocalFile, Place, Source
from pipelines.rerun.link import Allowed
from pipelines.rerun.remote import SCHEMES, look
from pipelines.warc import cdx_input
from pipelines.warc.cdx_input import Entry
from pipelines.warc.wacz import ENDING, Wacz

S3: Final = "s3://"
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the operator said of places that are not this machine. Where S3 is, the standard environment says, too."""

    allowed: Allowed = field(default_factory=Allowed)
    anonymous: bool = False  # requests to S3 are not signed: public buckets
    base: str = ""  # folder, s3:// prefix or address that the file names in an index count from; "": the index's own

    def __call__(self, argument: str) -> Iterable[Source] | None:
        """The sources that an argument names; None if it is a plain file, a folder or a pattern.

        Raises `InputError` for what is refused, `StorageError` where a store fails.
        """
        if argument.startswith(S3):
            return self._objects(argument)
        if argument.startswith(SCHEMES):
            return self._of(look(argument, self.allowed), argument)
        if argument.lower().endswith((ENDING, *cdx_input.NAMES)) and Path(argument).is_file():
            return self._of(LocalFile(Path(argument)), argument)
        return None

    def _of(self, source: Source, place: str) -> Iterable[Source]:
        ending = source.name.lower()
        if ending.endswith(ENDING):
            return members(source)
        if ending.endswith(cdx_input.NAMES):
            return self._indexed(source, place)
        return [source]

    def _objects(self, address: str) -> Iterator[Source]:
        seen = taken = 0
        for source in self._stored(address):
            seen += 1
            # Indexes lie beside the WARCs of an archive: only one that was named itself is meant.
            if source.name == address or source.name.lower().endswith(NAMES):
                taken += 1
                yield from self._of(source, source.name)
        if not taken:
            why = f"none of the objects is a WARC ({', '.join(NAMES)})" if seen else "no object's key begins so"
            raise InputError(f"{address}: {why}")

    def _stored(self, address: str) -> Iterator[Source]:
        try:
            from pipelines.rerun import s3  # noqa: PLC0415  an extra, for those who name S3
            from pipelines.store.objects import Store  # noqa: PLC0415
        except ImportError as error:
            raise InputError(f"{address}: this needs boto3; pip install 'warchronicle[s3]'") from error
        return s3.stored(address, Store(anonymous=self.anonymous))

    def _indexed(self, index: Source, place: str) -> Iterator[Source]:
        """The WARCs whose records an index names, with those records only."""
        by_file: dict[str, list[Entry]] = {}
        with index.open() as file:
            for entry in cdx_input.entries(file, place):
                by_file.setdefault(entry.filename, []).append(entry)
        if not by_file:
            raise InputError(f"{place}: it names no record")
        base = self.base or place.rpartition("/")[0]
        for name in sorted(by_file):
            places = {entry.offset: _place(entry) for entry in by_file[name]}
            yield Indexed(self._named(base, name, place), tuple(places[offset] for offset in sorted(places)))

    def _named(self, base: str, name: str, index: str) -> Source:
        """The WARC of a file name in an index. That is foreign: it may not lead out of where it counts from."""
        inside = name.removeprefix(f"{base.rstrip('/')}/") if base else name
        path = PurePosixPath(inside)
        if path.is_absolute() or ".." in path.parts or "\\" in inside or "\0" in inside or "://" in inside:
            raise InputError(
                f"{index}: it names {name!r}, which is not below {base or 'its own folder'}; see --cdx-base"
            )
        address = f"{base.rstrip('/')}/{inside}" if base else inside
        if address.startswith(S3):
            return self._one(address, index)
        if address.startswith(SCHEMES):
            return look(address, self.allowed)
        beside = [Path(address), Path(base) / path.name]
        found = next((each for each in beside if each.is_file()), None)
        if found is None:
            raise InputError(f"{index}: it names {name!r}, which is not below {base or '.'}; say --cdx-base")
        return LocalFile(found)

    def _one(self, address: str, index: str) -> Source:
        for source in self._stored(address):
            if source.name == address:
                return source
        raise InputError(f"{index}: it names {address}, and there is no such object; see --cdx-base")


@dataclass(frozen=True, slots=True)
class Member:
    """A WARC in a WACZ, read where it lies."""

    package: Source
    member: str  # its path in the zip
    size: int

    @property
    def name(self) -> str:
        return f"{self.package.name}#{self.member}"

    @property
    def path(self) -> None:
        return None

    @property
    def named(self) -> bool:
        return False

    def open(self) -> BinaryIO:
        file = self.package.open()
        try:
            return Wacz(file, said(self.package)).open(self.member, file.close)
        except BaseException:
            file.close()
            raise

    def digest(self) -> str:
        """What datapackage.json says of it and its bytes confirm, for which all of them are read."""
        with self.package.open() as file:
            return Wacz(file, said(self.package)).check(self.member)

    def places(self) -> list[Place] | None:
        """The records that the WACZ's indexes name, if it has any."""
        with self.package.open() as file:
            found = Wacz(file, said(self.package)).entries(self.member)
        return None if found is None else [_place(entry) for entry in found]


@dataclass(frozen=True, slots=True)
class Indexed:
    """Those records of a WARC that an index names."""

    whole: Source
    records: tuple[Place, ...]  # by offset

    @property
    def name(self) -> str:
        return self.whole.name

    @property
    def size(self) -> int:
        return self.whole.size

    @property
    def path(self) -> Path | None:
        return self.whole.path

    @property
    def named(self) -> bool:
        return True

    def open(self) -> BinaryIO:
        return self.whole.open()

    def digest(self) -> str:
        """Of the records that are named: no other byte is read for it."""
        digest = hashlib.sha256()
        with self.whole.open() as file:
            for place in self.records:
                digest.update(f"{place.offset} {place.length}\n".encode())
                file.seek(place.offset)
                left = place.length
                while left > 0 and (piece := file.read(min(left, _PIECE))):
                    digest.update(piece)
                    left -= len(piece)
        return f"sha256:{digest.hexdigest()}"

    def places(self) -> tuple[Place, ...]:
        return self.records


@dataclass(frozen=True, slots=True)
class Refused:
    """What was found where a source should be: it costs itself, and not the run."""

    whole: Source
    why: str

    @property
    def name(self) -> str:
        return self.whole.name

    @property
    def size(self) -> int:
        return self.whole.size

    @property
    def path(self) -> None:
        return None

    @property
    def named(self) -> bool:
        return False

    def open(self) -> BinaryIO:
        raise InputError(self.why)

    def digest(self) -> str:
        raise InputError(self.why)

    def places(self) -> None:
        return None


def members(package: Source) -> list[Source]:
    """The WARCs in a WACZ; one that is none, or is not what its package says, is a source that can't be read."""
    try:
        with package.open() as file:
            wacz = Wacz(file, said(package))
            return [Member(package, path, wacz.size(path)) for path in wacz.warcs]
    except InputError as error:
        return [Refused(package, str(error))]


def said(source: Source) -> str:
    """What messages call a source: its path, if it has one."""
    return str(source.path) if source.path is not None else source.name


def _place(entry: Entry) -> Place:
    return Place(entry.offset, entry.length, entry.url, entry.date, entry.mime)
