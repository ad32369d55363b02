"""WACZ 1.1.1: a zip of WARCs with indexes and the hash of each file, read where it lies.

A stored file is read in place, so a WACZ on a far disk costs the bytes that are asked for. Each file is held against
its hash in datapackage.json before it is used: what the packer did not vouch for is refused, with what to do.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

from pipelines.errors import InputError
from pipelines.ranges import section
from pipelines.warc import cdx_input
from pipelines.warc.cdx_input import Entry

ENDING: Final = ".wacz"
PACKAGE: Final = "datapackage.json"
DIGEST: Final = "datapackage-digest.json"
ARCHIVE: Final = "archive/"
INDEXES: Final = "indexes/"
_WARCS: Final = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")
_UNFOLDED_MAX: Final = 100  # times what a compressed file in the zip may become; indexes become 15
_PACKAGE_MAX: Final = 64 << 20  # bytes of datapackage.json
_PIECE: Final = 1 << 20
_LOCAL_HEADER: Final = 30  # bytes before name and extra field (APPNOTE.TXT, section 4.3.7)
_ALGORITHMS: Final = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})
#: What zipfile raises for odd files: ValueError for places before the start, RuntimeError for encrypted ones.
_BAD_ZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """A file that datapackage.json lists."""

    path: str
    digest: str  # "sha256:<hex>"
    size: int  # bytes


class Wacz:
    """An open WACZ. It belongs to one thread, and its file to whoever opened it."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """`name` is what messages call it. Raises `InputError` for what is no WACZ."""
        self._file, self._name = file, name
        with self._faults():
            self._zip = zipfile.ZipFile(file)
            infos = [info for info in self._zip.infolist() if not info.is_dir()]
        self._infos = {info.filename: info for info in infos}
        if len(self._infos) < len(infos):
            raise self._refuse("a file stands in it twice")
        self.resources = {each.path: each for each in self._package()}

    @property
    def warcs(self) -> list[str]:
        """Paths of the WARCs in it, sorted. Raises `InputError` if there are none, or one is not listed."""
        inside = [path for path in self._infos if path.startswith(ARCHIVE) and path.lower().endswith(_WARCS)]
        listed = [path for path in self.resources if path.startswith(ARCHIVE) and path.lower().endswith(_WARCS)]
        if odd := sorted(set(inside) ^ set(listed)):
            where = "in the file, and not in datapackage.json" if odd[0] in inside else "in datapackage.json only"
            raise self._refuse(f"{odd[0]} is {where}")
        if not inside:
            raise self._refuse("no WARC in archive/")
        return sorted(inside)

    def size(self, path: str) -> int:
        """Bytes of a file in it, unpacked."""
        return self._infos[path].file_size

    def open(self, path: str, end: Callable[[], None] | None = None) -> BinaryIO:
        """A file in it, seekable; `end` is called when that is closed.

        A stored one is read in place; a compressed one is unpacked to a temporary file. Raises `InputError`.
        """
        info = self._infos.get(path)
        if info is None:
            raise self._refuse(f"{path} is not in it")
        with self._faults():
            if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
                return section(self._file, self._start(info), info.file_size, end)
            if info.file_size > max(info.compress_size * _UNFOLDED_MAX, _PACKAGE_MAX):
                raise self._refuse(f"{path} would unfold from {info.compress_size:,} to {info.file_size:,} bytes")
            unpacked = self._unpacked(info)
        if end is not None:
            end()
        return unpacked

    def check(self, path: str) -> str:
        """The digest of a file, as datapackage.json states it and its bytes confirm. Raises `InputError`."""
        resource = self.resources.get(path)
        if resource is None:
            raise self._refuse(f"{path} is not in datapackage.json")
        algorithm = resource.digest.partition(":")[0]
        if algorithm not in _ALGORITHMS:
            raise self._refuse(f"the hash of {path} is {resource.digest[:40]!r}, which can't be checked")
        digest, size = hashlib.new(algorithm, usedforsecurity=False), 0
        with self._faults():
            info = self._infos.get(path)
            if info is None:
                raise self._refuse(f"{path} is in datapackage.json only")
            with self.open(path) as stream:
                while piece := stream.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
        found = f"{algorithm}:{digest.hexdigest()}"
        if (found, size) != (resource.digest.lower(), resource.size):
            stated = f"{resource.digest}, {resource.size} bytes"
            raise self._refuse(f"{path} is not what datapackage.json says ({stated}; it is {found}, {size} bytes)")
        return found

    def entries(self, warc: str) -> list[Entry] | None:
        """The records of a WARC that the indexes name, by offset; None if there is no index. Raises `InputError`."""
        paths = [path for path in self._infos if path.startswith(INDEXES) and path.lower().endswith(cdx_input.NAMES)]
        if not paths:
            return None
        size = self._infos[warc].file_size
        found: dict[int, Entry] = {}
        for path in sorted(paths):
            self.check(path)
            with self.open(path) as index:
                for entry in cdx_input.entries(index, f"{self._name}#{path}"):
                    file = ARCHIVE + entry.filename.removeprefix(ARCHIVE)
                    if file not in self._infos:
                        raise self._refuse(f"{path} names {entry.filename}, which is not in archive/")
                    if file == warc:
                        if entry.offset >= size:
                            raise self._refuse(f"{path} names a record behind the end of {warc}")
                        found[entry.offset] = entry
        return [found[offset] for offset in sorted(found)]

    def _package(self) -> Iterator[Resource]:
        data = self._small(PACKAGE)
        if DIGEST in self._infos:
            stated = self._json(DIGEST, self._small(DIGEST)).get("hash")
            if stated != f"sha256:{hashlib.sha256(data).hexdigest()}":
                raise self._refuse(f"{PACKAGE} is not what {DIGEST} says")
        package = self._json(PACKAGE, data)
        listed = package.get("resources")
        if package.get("profile") == "multi-wacz-package":
            raise self._refuse("it is a package of other WACZ files; name those")
        if not isinstance(listed, list):
            raise self._refuse(f"{PACKAGE} lists no resources")
        for each in listed:
            try:
                yield Resource(str(each["path"]), str(each["hash"]), int(each["bytes"]))
            except (KeyError, TypeError, ValueError) as error:
                raise self._refuse(f"{PACKAGE}: a resource without path, hash or bytes ({str(each)[:80]})") from error

    def _small(self, path: str) -> bytes:
        info = self._infos.get(path)
        if info is None:
            raise self._refuse(f"no {path} in it")
        if info.file_size > _PACKAGE_MAX:
            raise self._refuse(f"{path} has {info.file_size:,} bytes; at most {_PACKAGE_MAX:,}")
        with self._faults():
            return self._zip.read(info)

    def _json(self, path: str, data: bytes) -> dict[str, Any]:
        try:
            value = json.loads(data)
        except ValueError as error:
            raise self._refuse(f"{path} is no JSON ({error})") from error
        return value if isinstance(value, dict) else {}

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Where a stored file's bytes begin."""
        self._file.seek(info.header_offset)
        head = self._file.read(_LOCAL_HEADER)
        if len(head) < _LOCAL_HEADER or not head.startswith(b"PK\x03\x04"):
            raise zipfile.BadZipFile("no local header where the directory says")
        name, extra = struct.unpack("<HH", head[26:30])
        return info.header_offset + _LOCAL_HEADER + int(name) + int(extra)

    def _unpacked(self, info: zipfile.ZipInfo) -> BinaryIO:
        # file_size is enforced by zipfile; an InputError on a full disk names the WACZ, and that is enough
        target = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
        try:
            with self._zip.open(info) as packed:
                shutil.copyfileobj(packed, target, _PIECE)
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return cast("BinaryIO", target)

    def _refuse(self, why: str) -> InputError:
        return InputError(f"{self._name}: {why}; unpack it (it is a zip) and name the WARCs in archive/")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except _BAD_ZIP as error:
            raise InputError(f"{self._name}: no WACZ, or a damaged one ({error})") from error
        except OSError as error:
            raise InputError(f"{self._name}: can't be read ({error.strerror or error})") from error
