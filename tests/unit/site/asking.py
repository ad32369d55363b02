"""One HTTP exchange as it is on the wire, for tests that look at bytes."""

from __future__ import annotations

import gzip
import socket
from dataclasses import dataclass

import brotli

_SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    status: int
    fields: dict[str, str]  # names in lower case
    raw: bytes  # what follows the head

    @property
    def body(self) -> bytes:
        """The body without chunk marks and content coding."""
        body = dechunked(self.raw) if self.fields.get("transfer-encoding") == "chunked" else self.raw
        coding = self.fields.get("content-encoding", "")
        return {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}[coding](body)


def ask(host: str, port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    """Sends one request with Connection: close and reads to the end. Header names are written with underscores."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    received = b""
    with socket.create_connection((host, port), timeout=_SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        while piece := connection.recv(65536):
            received += piece
    head, _, raw = received.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in fields)
    return Answer(int(status.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, raw)


def dechunked(raw: bytes) -> bytes:
    """RFC 9112, section 7.1, without extensions and trailers. Raises AssertionError if the last chunk is missing."""
    body = b""
    while True:
        size, mark, raw = raw.partition(b"\r\n")
        assert mark, "no last chunk"
        if not (length := int(size, 16)):
            return body
        body += raw[:length]
        assert raw[length : length + 2] == b"\r\n"
        raw = raw[length + 2 :]
