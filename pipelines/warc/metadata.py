"""What we know of an exchange that HTTP does not say, as the fields of a metadata record, and back.

The block is application/warc-fields. `via` is WARC 1.1's own name; the others are ours, and stand in
the file only where there is something to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from pipelines.errors import RecordError
from pipelines.message import clean_field
from pipelines.model import Capture, Found, Record, Role, Route, TlsFacts, Truncation
from pipelines.warc.fields import parse

_Fields = list[tuple[str, str]]


def fields_of(capture: Capture, run: str, etc: Iterable[tuple[str, str]] = ()) -> _Fields:
    """The metadata fields of a capture; every value is one clean line, empty ones are left out."""
    fields: _Fields = [("role", capture.role.value), ("run", run), ("error", capture.error)]
    if capture.tls is not None:
        fields += [
            ("tls-version", capture.tls.version),
            ("tls-cipher", capture.tls.cipher),
            ("tls-certificate-sha256", capture.tls.certificate_sha256),
        ]
    if capture.truncated is not None and not capture.response:
        fields.append(("truncated", capture.truncated.value))  # WARC-Truncated would speak of the request
    if capture.interim:
        fields.append(("interim", _escaped(capture.interim)))
    if capture.found is not None:
        fields += _found_fields(capture.found, capture.url)
    fields += etc
    return [(name, cleaned) for name, value in fields if value and (cleaned := clean_field(value))]


def _found_fields(found: Found, url: str) -> _Fields:
    return [
        ("route", found.route.value),
        ("source", found.source),
        ("via", found.via),
        ("found-url", found.url if found.url != url else ""),  # differs behind a redirect
        ("title", found.title),
        ("published", _moment(found.published)),
        ("published-raw", found.published_raw),
        ("modified", _moment(found.modified)),
        ("language", found.language),
    ]


def block(fields: Iterable[tuple[str, str]]) -> bytes:
    """Fields as an application/warc-fields block."""
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("utf-8")


def metadata(record: Record) -> dict[str, str]:
    """The fields of a metadata or warcinfo record, first value of each name; {} if it holds none."""
    if "warc-fields" not in record.field("Content-Type").lower():
        return {}
    try:
        parsed = parse(record.block)
    except RecordError:
        return {}
    return dict(reversed(parsed))


def found_of(record: Record) -> Found | None:
    """The `Found` of a metadata record; None if it is somebody else's, or the exchange had none."""
    known = metadata(record)
    route = known.get("route", "")
    if route not in set(Route):
        return None
    return Found(
        url=known.get("found-url") or record.url,
        route=Route(route),
        source=known.get("source", ""),
        via=known.get("via", ""),
        title=known.get("title", ""),
        published=_parse_moment(known.get("published", "")),
        published_raw=known.get("published-raw", ""),
        modified=_parse_moment(known.get("modified", "")),
        language=known.get("language", ""),
    )


def role_of(known: dict[str, str]) -> Role:
    """The role that metadata states; PAGE where it states none."""
    with suppress(ValueError):
        return Role(known.get("role", ""))
    return Role.PAGE


def capture_of(response: Record | None, request: Record | None, about: Record | None) -> Capture:
    """The exchange that these records hold: `Capture` -> records -> `Capture` loses nothing but a revisit's body.

    Raises `RecordError` if all three are missing.
    """
    first = response or request or about
    if first is None:
        raise RecordError("no record to make a capture of")
    known = metadata(about) if about is not None else {}
    truncated = first.field("WARC-Truncated") or known.get("truncated", "")
    tls = None
    if any(name.startswith("tls-") for name in known):
        tls = TlsFacts(
            known.get("tls-version", ""), known.get("tls-cipher", ""), known.get("tls-certificate-sha256", "")
        )
    return Capture(
        url=first.url,
        started_at=first.date,
        request=request.block if request is not None else b"",
        response=response.block if response is not None else b"",
        interim=_unescaped(known.get("interim", "")),
        peer=first.field("WARC-IP-Address") or known.get("peer", ""),
        tls=tls,
        truncated=Truncation(truncated) if truncated in set(Truncation) else None,
        error=known.get("error", ""),
        role=role_of(known),
        found=found_of(about) if about is not None else None,
    )


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""


def _parse_moment(text: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    return None


def _escaped(data: bytes) -> str:
    """Bytes as one readable line, escaped as in a Python literal; `_unescaped` turns it back."""
    return data.decode("latin-1").encode("unicode_escape").decode("ascii")


def _unescaped(text: str) -> bytes:
    try:
        return text.encode("ascii").decode("unicode_escape").encode("latin-1")
    except ValueError:
        return b""
