"""From a `Reply` to the head and the bytes that travel: content coding, validators, 304, framing."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

import brotli
from aiohttp import web

from tests.site.model import Reply


def compose(reply: Reply, method: str, asked: Mapping[str, str]) -> tuple[web.StreamResponse, bytes]:
    """The unsent response and its entity, for the request headers `asked`. 304 and HEAD have no entity to send."""
    body, coding = _entity(reply, asked.get("Accept-Encoding", ""))
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    if reply.status == 200:
        # RFC 9110, 8.8.3.3: each coding of a resource is a representation with its own strong validator
        tag = f'"{_digest(reply.body or reply.coded)}{"-" + coding if coding else ""}"'
        response.headers["ETag"] = tag
        if reply.coding or reply.coded:
            response.headers["Vary"] = "Accept-Encoding"
        if _unchanged(reply, tag, asked):
            response.set_status(304)
            del response.headers["Content-Type"]
            return response, b""
    if coding:
        response.headers["Content-Encoding"] = coding
    if reply.framing == "chunked":
        response.enable_chunked_encoding()
    else:
        response.content_length = len(body)
    if reply.framing == "cut":
        response.force_close()
    return response, b"" if method == "HEAD" else body


def _headers(reply: Reply) -> dict[str, str]:
    fixed = {"Content-Type": reply.mime, "Server": "sample-site", **dict(reply.headers)}
    if reply.modified and reply.status == 200:
        fixed["Last-Modified"] = format_datetime(reply.modified.astimezone(UTC), usegmt=True)
    return fixed


def _entity(reply: Reply, accepted: str) -> tuple[bytes, str]:
    offered = {part.partition(";")[0].strip().lower() for part in accepted.split(",")}
    if reply.spoiled:
        whole = bytearray(_gzip(reply.body))
        middle = len(whole) // 2
        whole[middle : middle + 16] = bytes(value ^ 0xFF for value in whole[middle : middle + 16])
        return bytes(whole), "gzip"
    if reply.coded:
        return (reply.coded, "gzip") if "gzip" in offered else (gzip.decompress(reply.coded), "")
    if reply.coding == "br" and "br" in offered:
        return _brotli(reply.body), "br"
    if reply.coding and "gzip" in offered:
        return _gzip(reply.body), "gzip"
    return reply.body, ""


def _unchanged(reply: Reply, tag: str, asked: Mapping[str, str]) -> bool:
    """RFC 9110, 13.1: If-Modified-Since counts only where there is no If-None-Match."""
    if match := asked.get("If-None-Match"):
        return match.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in match.split(",")}
    since = asked.get("If-Modified-Since", "")
    if not since or not reply.modified:
        return False
    try:
        return _whole(reply.modified) <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:20]


@lru_cache(maxsize=512)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1, mtime=0)


@lru_cache(maxsize=512)
def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=4))
