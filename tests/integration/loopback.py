"""Small sites on 127.0.0.x for the politeness tests, each in a thread, and a crawl of them in a child process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"<html><body><p>a page</p></body></html>"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})


@dataclass(frozen=True)
class Hit:
    at: float  # monotonic
    path: str
    headers: dict[str, str]


Answer = Reply | Callable[[Hit], Reply]


class Site:
    """One host. `routes` maps a path to its answer; "*" answers the rest. Every request is noted in `hits`."""

    def __init__(self, address: str, routes: dict[str, Answer] | None = None) -> None:
        self.address = address
        self.routes: dict[str, Answer] = {"/robots.txt": Reply(404), "*": Reply()} | (routes or {})
        self.hits: list[Hit] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hit = Hit(time.monotonic(), self.path, {k.lower(): v for k, v in self.headers.items()})
                site.hits.append(hit)
                answer = site.routes.get(self.path, site.routes["*"])
                reply = answer if isinstance(answer, Reply) else answer(hit)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def close(self) -> None:
        """For a site that never was entered: a port where nobody listens."""
        self._server.server_close()

    def url(self, path: str = "/") -> str:
        return f"http://{self.address}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [hit.path for hit in self.hits]

    def times(self, prefix: str = "/") -> list[float]:
        return [hit.at for hit in self.hits if hit.path.startswith(prefix)]


def ask(url: str, source: str = "", **more: Any) -> dict[str, Any]:
    """A request for the child: `url`, `source`, and what `polite_child.py` knows beside them."""
    return {"url": url, "source": source, **more}


def config(**fetch: Any) -> dict[str, Any]:
    """A crawl.toml for loopback: no delay, no AutoThrottle, unless said otherwise."""
    fast = {"delay_seconds": 0.0, "autothrottle": False, "timeout_seconds": 5.0, "total_seconds": 10.0, "retries": 1}
    return {"fetch": {**fast, "allow_networks": ["127.0.0.0/24"], **fetch}}


def job(
    requests: list[dict[str, Any]],
    config: dict[str, Any],
    sources: list[dict[str, Any]] | None = None,
    settings: dict[str, Any] | None = None,
    *,
    follow: bool = False,
) -> str:
    return json.dumps(
        {
            "requests": requests,
            "config": config,
            "sources": sources or [],
            "settings": settings or {},
            "follow": follow,
        }
    )


@dataclass
class Crawled:
    results: dict[str, dict[str, Any]]  # by URL
    reason: str
    captured: list[dict[str, Any]]  # url, role, status, in the order of their ends
    listening: list[str]
    log: str

    def outcome(self, url: str) -> str:
        result = self.results[url]
        return str(result.get("outcome") or result["status"])

    def detail(self, url: str) -> str:
        return str(self.results[url].get("detail", ""))


def start(text: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.polite_child"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str], seconds: float = 60) -> Crawled:
    try:
        out, log = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, log = process.communicate()
        raise AssertionError(f"the crawl did not end in {seconds} s:\n{log[-3000:]}") from None
    assert process.returncode == 0, log[-3000:]
    return Crawled(**json.loads(out), log=log)


def crawl(*args: Any, seconds: float = 60, **kwargs: Any) -> Crawled:
    """Run a crawl (see `job`) in a process of its own and wait for it."""
    return finish(start(job(*args, **kwargs)), seconds)
