"""A WARC on a web server whose host the operator named: read by ranges if the server has them, else fetched once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from pipelines import urls
from pipelines.errors import InputError
from pipelines.ranges import ranged
from pipelines.rerun.link import Allowed, Link, shown

SCHEMES: Final = ("http://", "https://")
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Remote:
    """A file on a web server as its first answer described it."""

    url: str
    allowed: Allowed
    size: int  # bytes; 0 if the server does not say
    ranges: bool
    etag: str = ""  # "" if there is none that names the bytes exactly

    @property
    def name(self) -> str:
        return shown(self.url)

    @property
    def path(self) -> None:
        return None

    @property
    def named(self) -> bool:
        return False

    def places(self) -> None:
        return None

    def open(self) -> BinaryIO:
        """It as a seekable file; without ranges, a temporary one.

        Raises `InputError` and `StorageError`, and so does reading.
        """
        link = Link(self.url, self.allowed)
        if not self.ranges:
            return link.fetch_whole()

        def fetch(offset: int, length: int) -> bytes:
            return link.fetch(offset, length, self.size, self.etag)

        return ranged(self.size, fetch, link.close)

    def digest(self) -> str:
        """Its ETag, or where there is none its SHA-256, for which all of it is read."""
        if self.etag:
            return f"etag:{self.etag}"
        digest = hashlib.sha256()
        with self.open() as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        return f"sha256:{digest.hexdigest()}"


def look(address: str, allowed: Allowed) -> Remote:
    """Ask the server what lies there. Raises `InputError`, `StorageError`."""
    url = _normal(address, allowed)
    link = Link(url, allowed)
    try:
        size, ranges, etag = link.look()
    finally:
        link.close()
    return Remote(url, allowed, size, ranges, etag)


def _normal(address: str, allowed: Allowed) -> str:
    """An address in its one form. Raises `InputError` for one that is none, holds credentials, or is not allowed."""
    try:
        url = urls.normalise(address)
    except urls.BadUrl as error:
        host = urls.host_of(address) or "?"
        why = "it carries credentials" if "credentials" in str(error) else "it is no address of a file on the web"
        raise InputError(f"an address on {host}: {why}") from None
    if url not in allowed:
        place = urlsplit(url).netloc
        raise InputError(f"{shown(url)}: nothing is read from hosts that were not named; say --allow-host {place}")
    return url
