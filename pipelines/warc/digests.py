"""Whether a record's digests hold, and which bytes they speak of."""

from __future__ import annotations

from pipelines.message import Head, entity_view, parse_head
from pipelines.warc.fields import agrees


def payload_fault(kind: str, stated: str, block: bytes) -> str:
    """What is wrong with WARC-Payload-Digest; "" if nothing is, or if it can't be told.

    It speaks of the de-chunked entity (WARC 1.1, section 5.9). Many archives hold the digest of the bytes
    behind the HTTP head as they stand (webrecorder/warcio#74): that is taken for right, too. A revisit's
    is the digest of a payload that lies elsewhere.
    """
    if not stated or kind == "revisit":
        return ""
    if kind == "response":
        head = parse_head(block)
        if head is not None:
            return "" if _holds(stated, block, head) else _fault(stated)
    elif kind == "request":
        start = max(block.find(b"\r\n\r\n") + 4, 4) if b"\r\n\r\n" in block else len(block)
        return _fault(stated) if agrees(stated, memoryview(block)[start:]) is False else ""
    return _fault(stated) if agrees(stated, block) is False else ""


def _holds(stated: str, block: bytes, head: Head) -> bool:
    raw = memoryview(block)[head.length :]
    chunked = head.get("transfer-encoding") != ""
    if not chunked:  # most entities are the bytes as they stand
        return agrees(stated, raw) is not False or agrees(stated, entity_view(block, head)[0]) is not False
    return agrees(stated, entity_view(block, head)[0]) is not False or agrees(stated, raw) is not False


def _fault(stated: str) -> str:
    return f"WARC-Payload-Digest is {stated[:80]!r}; the payload's is another"
