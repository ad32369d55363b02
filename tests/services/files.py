"""A web server on loopback that gives out one file in all the ways in which servers do, and says what it was asked."""

from __future__ import annotations

import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme


class FileServer:
    """`data` under /NAME/file, where NAME says how: see `_Handler`. `asked` are the paths and ranges of all requests."""

    def __init__(self, data: bytes, *, authority: trustme.CA | None = None) -> None:
        self.data = data
        self.asked: list[tuple[str, str]] = []
        self.left = 0  # answers that /flaky and /later still spoil
        self.etag = '"one"'
        self.elsewhere = ""  # where /away leads
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self  # type: ignore[attr-defined]
        if authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if authority else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def place(self) -> str:
        """host:port"""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        return f"{self._scheme}://{self.place}/{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def log_message(self, *args: object) -> None:
        """Said by `asked`."""

    def do_GET(self) -> None:
        server: FileServer = self.server.owner  # type: ignore[attr-defined]
        wanted = self.headers.get("Range", "")
        server.asked.append((self.path, wanted))
        way = Path(self.path.partition("?")[0]).parts[1]
        if way in {"away", "loop"}:
            self._end(302, {"Location": server.elsewhere if way == "away" else self.path})
        elif way == "later" and server.left:
            server.left -= 1
            self._end(503, {})
        elif way.isdigit():
            self._end(int(way), {})
        elif way in {"whole", "short", "stream"}:
            self._whole(server, way)
        else:
            self._range(server, wanted, way)

    def _end(self, status: int, fields: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _whole(self, server: FileServer, way: str) -> None:
        if way == "stream":  # no length
            self.close_connection = True
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(server.data)
            return
        spoiled = way == "short" and server.left > 0
        server.left -= spoiled
        self.close_connection = spoiled
        body = server.data[: len(server.data) // 2] if spoiled else server.data
        try:
            self._end(200, {"Content-Length": str(len(server.data))}, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # who only looks hangs up

    def _range(self, server: FileServer, wanted: str, way: str) -> None:
        tag = {"weak": f"W/{server.etag}", "untagged": ""}.get(way, server.etag)
        fields = {"ETag": tag} if tag else {}
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
        stated = self.headers.get("If-Match")
        if stated and stated != tag:
            self._end(412, fields)
            return
        assert found, wanted
        first, last = int(found[1]), min(int(found[2]), len(server.data) - 1)
        if first >= len(server.data):
            self._end(416, {**fields, "Content-Range": f"bytes */{len(server.data)}"})
            return
        body = server.data[first : last + 1]
        spoiled = way == "flaky" and server.left > 0 and len(body) > 1
        server.left -= spoiled
        self.close_connection = spoiled
        place = {"Content-Range": f"bytes {first}-{last}/{len(server.data)}", "Content-Length": str(len(body))}
        self._end(206, {**fields, **place}, body[: len(body) // 2] if spoiled else body)
