"""One connection to a web server for one file: asked by ranges or once for all, made again where it breaks.

Only the standard library. No proxy, no cookies, no credentials; redirects only to hosts that the operator named.
"""

from __future__ import annotations

import http.client
import re
import ssl
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar, cast
from urllib.parse import urlsplit

from pipelines import urls
from pipelines.errors import InputError, StorageError

TIMEOUT: Final = 60.0  # seconds without a byte
TRIES: Final = 4
REDIRECTS: Final = 5
PAUSE: Final = 0.5  # seconds before the second try, doubled each time
_PIECE: Final = 1 << 20
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)\Z", re.ASCII)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_FIELDS: Final = {"User-Agent": "warchronicle", "Accept": "*/*", "Accept-Encoding": "identity"}

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The hosts that may be asked, as the operator wrote them: "example.org" for its ports 80 and 443, "host:8080"."""

    hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Collection[str]) -> Allowed:
        """Raises `InputError` for what is no host."""
        for name in names:
            if not name or "/" in name or "@" in name or not urls.host_of(f"http://{name}/"):
                raise InputError(f"--allow-host {name.rpartition('@')[2]}: write a host, or host:port")
        return cls(frozenset(name.lower() for name in names))

    def __contains__(self, url: object) -> bool:
        host, port = urls.host_of(str(url)), urls.port_of(str(url))
        literal = f"[{host}]" if ":" in host else host
        return f"{literal}:{port}" in self.hosts or (literal in self.hosts and port in (80, 443))


class _AgainError(Exception):
    """The server can't now; the message says why."""


def shown(url: str) -> str:
    """An address for messages and rows: without its query, in which some stores have their signatures."""
    return url.partition("?")[0].partition("#")[0]


class Link:
    """Belongs to one thread. Every call raises `InputError` for what the server refuses, `StorageError` if it fails."""

    def __init__(self, url: str, allowed: Allowed) -> None:
        """`url` is normalised and allowed."""
        self._url, self._allowed = url, allowed
        self._name = shown(url)
        self._at = ""  # scheme and place that the connection leads to
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def look(self) -> tuple[int, bool, str]:
        """Bytes of the file (0: unknown), whether ranges are served, and its ETag if that names the bytes exactly."""
        return self._again("it", self._look)

    def fetch(self, offset: int, length: int, size: int, etag: str) -> bytes:
        """A range of the file, which must still be the one that has that size and ETag."""
        return self._again(f"{length} bytes at {offset}", lambda: self._fetch(offset, length, size, etag))

    def fetch_whole(self) -> BinaryIO:
        """All of it, in a temporary file, for servers without ranges."""
        return self._again("it", self._fetch_whole)

    def _again(self, what: str, attempt: Callable[[], Result]) -> Result:
        fault = ""
        for number in range(TRIES):
            if number:
                time.sleep(PAUSE * 2 ** (number - 1))
            try:
                return attempt()
            except ssl.SSLCertVerificationError as error:
                raise InputError(f"{self._name}: its certificate does not hold ({error.verify_message})") from None
            except (OSError, http.client.HTTPException) as error:
                fault = type(error).__name__
            except _AgainError as error:
                fault = str(error)
            self.close()
        raise StorageError(f"{self._name}: can't fetch {what} ({fault}, {TRIES} times); nothing is lost, run again")

    def _look(self) -> tuple[int, bool, str]:
        answer = self._ask({"Range": "bytes=0-0"})
        tag = answer.headers.get("ETag", "")
        etag = tag.strip('"') if tag.startswith('"') else ""  # a weak one names what the page means
        if answer.status == 206:
            answer.read()
            return self._place(answer)[2], True, etag
        length = answer.headers.get("Content-Length", "")
        self.close()  # the body is not wanted
        if answer.status == 416:  # no byte can be asked for: it is empty
            return 0, False, etag
        return int(length) if length.isascii() and length.isdigit() else 0, False, etag

    def _fetch(self, offset: int, length: int, size: int, etag: str) -> bytes:
        fields = {"Range": f"bytes={offset}-{offset + length - 1}"}
        if etag:
            fields["If-Match"] = f'"{etag}"'
        answer = self._ask(fields)
        if answer.status != 206:
            self.close()
            raise InputError(f"{self._name}: the server does not give the range that is wanted; run again")
        first, last, whole = self._place(answer)
        if whole != size or (etag and answer.headers.get("ETag", "").strip('"') != etag):
            self.close()
            raise InputError(f"{self._name}: it was replaced while it was read; run again")
        data = answer.read(length + 1)
        if (first, last, len(data)) != (offset, offset + length - 1, length):
            raise _AgainError(f"{len(data)} bytes came")
        return data

    def _fetch_whole(self) -> BinaryIO:
        answer = self._ask({})
        target = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
        try:
            while piece := answer.read(_PIECE):
                self._keep(target, piece)
        except BaseException:
            target.close()
            raise
        missing = answer.length  # what Content-Length has left; None without one
        self.close()
        if missing:
            target.close()
            raise _AgainError(f"{missing} bytes did not come")
        target.seek(0)
        return cast("BinaryIO", target)

    def _keep(self, target: BinaryIO, piece: bytes) -> None:
        try:
            target.write(piece)
        except OSError as error:
            raise StorageError(f"{self._name}: can't be kept while it is read ({error.strerror})") from error

    def _place(self, answer: http.client.HTTPResponse) -> tuple[int, int, int]:
        found = _RANGE.match(answer.headers.get("Content-Range", ""))
        if found is None:
            raise InputError(f"{self._name}: the server answers with a range and does not say which")
        first, last, size = map(int, found.groups())
        return first, last, size

    def _ask(self, fields: Mapping[str, str]) -> http.client.HTTPResponse:
        """The answer to a GET, redirects followed."""
        for _ in range(REDIRECTS):
            answer = self._answer(self._url, fields)
            location = answer.headers.get("Location", "")
            if answer.status in _REDIRECTS and location:
                self.close()
                self._url = self._target(location)  # for the life of this link
            elif answer.status in {200, 206, 416}:
                return answer
            elif answer.status in _LATER:
                raise _AgainError(f"status {answer.status}")
            else:
                self.close()
                replaced = "it was replaced while it was read" if answer.status == 412 else "the server refuses it"
                raise InputError(f"{self._name}: {replaced} (status {answer.status})")
        raise InputError(f"{self._name}: more than {REDIRECTS} redirects")

    def _target(self, location: str) -> str:
        try:
            target = urls.redirected(location.encode("latin-1", "replace"), self._url)
        except urls.BadUrl:
            raise InputError(f"{self._name}: it leads to what is no address on the web") from None
        if target not in self._allowed:
            place = urlsplit(target).netloc
            raise InputError(f"{self._name}: it leads to another host; say --allow-host {place} if that is right")
        return target

    def _answer(self, url: str, fields: Mapping[str, str]) -> http.client.HTTPResponse:
        parts = urlsplit(url)
        at = f"{parts.scheme}://{parts.netloc}"
        if self._connection is None or self._at != at:
            self.close()
            host, port = urls.host_of(url), urls.port_of(url)
            if parts.scheme == "https":
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
            self._at = at
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._connection.request("GET", target, headers={**_FIELDS, **fields})
        return self._connection.getresponse()
