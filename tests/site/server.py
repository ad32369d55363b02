"""A loopback HTTP server for tests: many addresses on one port, run in a thread, with a log of every request."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.site.compose import compose
from tests.site.model import Hit, Reply
from tests.site.sockets import bind

_CHUNK = 1500  # bytes


class LoopbackServer:
    """Serves `answer(host, path, visit)` on `hosts` (all of 127.0.0.0/8 for an empty list) until stopped.

    A context manager. `port` 0 takes a free one; raises `PortTakenError` for one that is not.
    """

    def __init__(self, answer: Callable[[str, str, int], Reply], hosts: Sequence[str] = (), port: int = 0) -> None:
        self._answer = answer
        self.hosts = tuple(hosts)
        self._sockets = bind(self.hosts, port)
        self.port = int(self._sockets[0].getsockname()[1])
        self.hits: list[Hit] = []
        self.visits: Counter[tuple[str, str]] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="site", daemon=True)
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Closes connections and sockets. Idempotent."""
        if self._thread is not None:
            assert self._loop is not None
            assert self._stopping is not None
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None
        for each in self._sockets:
            each.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(
            web.Server(self._handle, access_log=None, keepalive_timeout=30.0), shutdown_timeout=0.2
        )
        await runner.setup()
        for each in self._sockets:
            await web.SockSite(runner, each, backlog=512).start()
        ready.set()
        await self._stopping.wait()
        await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        at, path, transport = time.monotonic(), request.raw_path, request.transport
        assert transport is not None
        host = transport.get_extra_info("sockname")[0]
        if not host.startswith("127."):  # only where SO_BINDTODEVICE was refused
            transport.close()
            return web.Response(status=403)
        if request.method == "GET":
            self.visits[host, path] += 1
        if request.method in {"GET", "HEAD"}:
            reply = self._answer(host, path, max(1, self.visits[host, path]))
        else:
            reply = Reply(405, b"GET or HEAD\n", "text/plain", (("Allow", "GET, HEAD"),))
        if reply.delay:
            await asyncio.sleep(reply.delay)
        response, body = compose(reply, request.method, request.headers)
        sent = 0
        try:
            await response.prepare(request)
            sent = await _send(request, response, body, reply.framing)
        finally:  # a client that hung up is a hit too
            headers = tuple(request.headers.items())
            self.hits.append(Hit(at, request.method, host, path, headers, response.status, sent))
        return response


async def _send(request: web.BaseRequest, response: web.StreamResponse, body: bytes, framing: str) -> int:
    if request.method == "HEAD" or response.status == 304:
        return 0
    if framing == "cut":
        await response.write(body[: len(body) // 2])
        assert request.transport is not None
        request.transport.close()
        return len(body) // 2
    piece = _CHUNK if framing == "chunked" else max(1, len(body))
    for start in range(0, len(body), piece):
        await response.write(body[start : start + piece])
    await response.write_eof()
    return len(body)
