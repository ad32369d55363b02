"""Which records of the input are wanted: by time, host, address and media type, told by their heads."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pipelines import urls
from pipelines.errors import InputError
from pipelines.message import parse_head


@dataclass(frozen=True, slots=True)
class Selection:
    """What a re-run takes; everything where nothing is said. Conditions of one kind are alternatives."""

    since: datetime | None = None  # the first moment of WARC-Date
    until: datetime | None = None  # the first moment that is not wanted any more
    hosts: tuple[str, ...] = ()  # "example.org" stands for its subdomains, too
    prefixes: tuple[str, ...] = ()  # of WARC-Target-URI as it stands there
    mimes: tuple[str, ...] = ()  # "text/html", "text/*"; of the response, not of the record

    def __bool__(self) -> bool:
        return self != ALL

    def wants(self, url: str, date: datetime) -> bool:
        """Whether a record may be wanted by what its WARC head or an index says."""
        if (self.since is not None and date < self.since) or (self.until is not None and date >= self.until):
            return False
        if self.prefixes and not url.startswith(self.prefixes):
            return False
        if not self.hosts:
            return True
        host = urls.host_of(url)
        return any(host == wanted or host.endswith(f".{wanted}") for wanted in self.hosts)

    def wants_mime(self, mime: str) -> bool:
        """Whether a media type is wanted: lower case, without parameters; where none is stated, it may be."""
        kind = mime.partition("/")[0]
        return not self.mimes or not mime or mime in self.mimes or f"{kind}/*" in self.mimes

    def wants_start(self, kind: str, start: bytes, content_type: str) -> bool:
        """The same by the first bytes of a record's block, which hold the head of an HTTP response.

        `content_type` is the record's own, which speaks for resources. A head that does not end within `start` is
        taken for wanted, as is a revisit: its head often leaves the type out.
        """
        if not self.mimes or kind == "revisit":
            return True
        if kind == "resource":
            return self.wants_mime(content_type.partition(";")[0].strip().lower())
        head = parse_head(start)
        return head is None or self.wants_mime(head.mime)

    def facts(self) -> dict[str, Any]:
        """What run.json says of it; {} where everything is taken."""
        values = asdict(self) | {"since": _said(self.since), "until": _said(self.until)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value}

    @property
    def digest(self) -> str:
        """Names it, "sha256:<hex>"."""
        return f"sha256:{hashlib.sha256(orjson.dumps(self.facts())).hexdigest()}"


ALL = Selection()


def selection(
    *, since: str = "", until: str = "", hosts: tuple[str, ...] = (), prefixes: tuple[str, ...] = (),
    mimes: tuple[str, ...] = (),
) -> Selection:  # fmt: skip
    """A selection as people write it: days (whole ones, in UTC) or moments. Raises `InputError`."""
    return Selection(
        since=_moment(since, "--since", timedelta(0)),
        until=_moment(until, "--until", timedelta(days=1)),
        hosts=tuple(sorted({_host(host) for host in hosts})),
        prefixes=tuple(sorted(set(prefixes))),
        mimes=tuple(sorted({mime.strip().lower() for mime in mimes})),
    )


def _moment(text: str, option: str, day: timedelta) -> datetime | None:
    """A moment; a whole day counts to its start plus `day`."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{option} {text}: expected a day or a moment, such as 2022-09-10 or 2022-09-10T06:00Z"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment + day if len(text) <= len("2022-09-10") else moment


def _host(text: str) -> str:
    """A host as URLs have it. Raises `InputError`."""
    host = urls.host_of(f"http://{text.strip()}/")
    if not host or "/" in text:
        raise InputError(f"--host {text}: expected a host, such as example.org")
    return host


def _said(moment: datetime | None) -> str:
    return urls.timestamp(moment) if moment else ""
