"""What the recorder must know of an exchange before it can write it: entity, digests, media types, validators."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.message import Head, clean_field, decode_prefix, entity_view, parse_head
from pipelines.model import Capture, Truncation
from pipelines.warc.compress import is_compressed
from pipelines.warc.fields import sha1
from pipelines.warc.sniff import SNIFFED, identify


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a response. All are empty where no head could be read."""

    head: Head | None
    payload_digest: str  # over the de-chunked entity; of the empty entity too
    payload_length: int  # bytes of that entity
    identified: str  # media type by its bytes, "" if unknown
    compressed: bool  # whether the bytes of the block are compressed already
    truncated: Truncation | None  # as captured, or because the message itself says that something is missing

    @property
    def dedupable(self) -> bool:
        """Whether the payload may serve as an original or be replaced by a revisit: whole and not empty."""
        return self.payload_length > 0 and self.truncated is None

    @property
    def status(self) -> int:
        return self.head.status if self.head else 0

    @property
    def mime(self) -> str:
        return clean_field(self.head.mime) if self.head else ""

    def validator(self, name: str) -> str:
        """The value of ETag or Last-Modified, cleaned; "" if absent."""
        return clean_field(self.head.get(name)) if self.head else ""


def examine(capture: Capture) -> Facts:
    """The facts of an exchange. Never raises: whatever came back can be recorded."""
    head = parse_head(capture.response) if capture.response else None
    if head is None:
        return Facts(None, "", 0, "", compressed=False, truncated=capture.truncated)
    if capture.request.startswith(b"HEAD ") and len(capture.response) == head.length:
        body: bytes | memoryview = b""
        whole = True
    else:
        body, whole = entity_view(capture.response, head)
    codings = head.codings
    identified = identify(decode_prefix(body, codings, SNIFFED))
    return Facts(
        head=head,
        payload_digest=sha1(body),
        payload_length=len(body),
        identified=identified,
        compressed=is_compressed(codings, identified),
        truncated=capture.truncated or (None if whole else Truncation.UNSPECIFIED),
    )
