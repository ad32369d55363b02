"""Every bound of a fetch ends it with what had come by then, recorded and marked; never with nothing, never late."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from tests.integration.crawl_child import crawl
from tests.integration.odd_exchanges import CHUNKED, OddServer, answer, running

FETCH = {
    "allow_networks": ["127.0.0.0/8"],
    "body_max": 100_000,
    "header_max": 20_000,
    "timeout_seconds": 2.0,
    "total_seconds": 4.0,
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@dataclass
class Behaving(OddServer):
    """Answers /NAME by what a function writes; counts what it got rid of."""

    cases: dict = field(default_factory=dict)
    behaviours: dict[str, Callable[[asyncio.StreamWriter], Awaitable[None]]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)

    async def serve(self, reader, writer) -> None:
        name = ""
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            name = request.split(b" ", 2)[1].decode("ascii").lstrip("/")
            self.requests[name].append(request)
            await self.behaviours[name](Counting(self, name, writer))
        except ConnectionError:
            pass
        finally:
            writer.close()


@dataclass
class Counting:
    server: Behaving
    name: str
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        self.server.written[self.name] = self.server.written.get(self.name, 0) + len(data)
        await self.writer.drain()


async def long_with_length(out: Counting) -> None:
    await out.send(answer(b"x" * 3_000_000))


async def just_fits(out: Counting) -> None:
    await out.send(answer(b"x" * FETCH["body_max"]))


async def endless(out: Counting) -> None:
    await out.send(HEAD + b"\r\n")
    while True:
        await out.send(b"0123456789abcdef" * 4096)


async def endless_chunks(out: Counting) -> None:
    await out.send(HEAD + CHUNKED + b"\r\n\r\n")
    while True:
        await out.send(b"1000\r\n" + b"y" * 4096 + b"\r\n")


async def one_huge_chunk(out: Counting) -> None:
    await out.send(HEAD + CHUNKED + b"\r\n\r\nFFFFFFFF\r\n")
    while True:
        await out.send(b"z" * 65536)


async def head_of_a_megabyte(out: Counting) -> None:
    await out.send(HEAD + b"X-Long: " + b"v" * 1_000_000 + b"\r\n\r\nbody")


async def ten_thousand_headers(out: Counting) -> None:
    await out.send(HEAD + b"".join(b"X-%d: v\r\n" % number for number in range(10_000)) + b"\r\nbody")


async def endless_interims(out: Counting) -> None:
    while True:
        await out.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await asyncio.sleep(0)


async def silent(out: Counting) -> None:
    await asyncio.sleep(30)


async def silent_in_body(out: Counting) -> None:
    await out.send(HEAD + b"Content-Length: 1000\r\n\r\nhalf")
    await asyncio.sleep(30)


async def silent_in_endless_body(out: Counting) -> None:
    await out.send(HEAD + b"\r\nhalf")
    await asyncio.sleep(30)


async def drip(out: Counting) -> None:
    await out.send(HEAD + b"Content-Length: 1000\r\n\r\n")
    while True:
        await out.send(b".")
        await asyncio.sleep(0.4)


async def drip_without_length(out: Counting) -> None:
    await out.send(HEAD + b"\r\n")
    while True:
        await out.send(b".")
        await asyncio.sleep(0.4)


async def drip_in_head(out: Counting) -> None:
    await out.send(HEAD + b"X-Drip: ")
    while True:
        await out.send(b".")
        await asyncio.sleep(0.4)


async def short(out: Counting) -> None:
    await out.send(HEAD + b"Content-Length: 1000\r\n\r\nshort")


BEHAVIOURS = {
    behaviour.__name__: behaviour
    for behaviour in (
        long_with_length,
        just_fits,
        endless,
        endless_chunks,
        one_huge_chunk,
        head_of_a_megabyte,
        ten_thousand_headers,
        endless_interims,
        silent,
        silent_in_body,
        silent_in_endless_body,
        drip,
        drip_without_length,
        drip_in_head,
        short,
    )
}


@pytest.fixture(scope="module")
def done():
    """All behaviours in one crawl: (results, captures by name, the server, seconds that it took)."""
    with running(Behaving(behaviours=BEHAVIOURS)) as server:
        requests = [{"key": name, "url": f"{server.root}/{name}"} for name in BEHAVIOURS]
        started = time.monotonic()
        crawled = crawl(requests, fetch=FETCH, settings={"CONCURRENT_REQUESTS_PER_DOMAIN": 16})
        took = time.monotonic() - started
    captures = {capture["url"].rsplit("/", 1)[1]: capture for capture in crawled["captures"]}
    assert len(captures) == len(crawled["captures"]) == len(BEHAVIOURS)
    return crawled["results"], captures, server, took


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("long_with_length", b"x" * 100_000),
        ("endless", (b"0123456789abcdef" * 6250)),
        ("endless_chunks", None),
        ("one_huge_chunk", b"z" * (100_000 - len("FFFFFFFF\r\n"))),
    ],
)
def test_a_body_is_cut_at_its_limit_and_still_usable(done, name, body):
    results, captures, server, _ = done
    received = captures[name]["response"].partition(b"\r\n\r\n")[2]
    assert len(received) == FETCH["body_max"]
    assert captures[name]["truncated"] == "length"
    assert "fetch.body_max = 100000" in captures[name]["error"]
    assert results[name]["status"] == 200
    assert results[name]["flags"] == ["truncated"]
    assert results[name]["records"] == 1
    if body is not None:
        assert results[name]["body"] == body
    # What was sent on is what sockets buffer, not what a crawler would have to hold.
    assert server.written[name] < 16_000_000


def test_a_body_of_just_the_limit_is_whole(done):
    results, captures, *_ = done
    assert captures["just_fits"]["truncated"] is None
    assert captures["just_fits"]["error"] == ""
    assert results["just_fits"]["flags"] == []
    assert len(results["just_fits"]["body"]) == FETCH["body_max"]


@pytest.mark.parametrize("name", ["head_of_a_megabyte", "ten_thousand_headers", "endless_interims"])
def test_a_head_is_broken_off_at_its_limit(done, name):
    results, captures, *_ = done
    capture = captures[name]
    assert len(capture["interim"] + capture["response"]) == FETCH["header_max"]
    assert capture["truncated"] == ("length" if capture["response"] else None)
    assert "fetch.header_max" in capture["error"]
    assert results[name]["error"] == "DownloadFailedError"
    assert results[name]["outcome"] == "protocol_error"
    assert results[name]["records"] == 1


@pytest.mark.parametrize(
    ("name", "received"),
    [("silent", b""), ("silent_in_body", b"half"), ("silent_in_endless_body", b"half")],
)
def test_silence_ends(done, name, received):
    results, captures, *_ = done
    assert captures[name]["response"].partition(b"\r\n\r\n")[2] == received
    assert captures[name]["truncated"] == ("time" if received else None)
    assert "fetch.timeout_seconds = 2 s" in captures[name]["error"]
    assert results[name]["outcome"] == "timeout"
    assert results[name]["records"] == 1


@pytest.mark.parametrize("name", ["drip", "drip_without_length", "drip_in_head"])
def test_a_drip_ends_after_the_total_time(done, name):
    results, captures, *_ = done
    dots = captures[name]["response"].removeprefix(b"HTTP/1.1").count(b".")
    assert 2 <= dots <= 11
    assert captures[name]["truncated"] == "time"
    assert "4.0 seconds" in captures[name]["error"]
    assert results[name]["outcome"] == "timeout"


def test_no_case_held_up_the_others(done):
    assert done[3] < 20


def test_a_short_body_is_a_failure_or_a_flag_as_the_setting_says(done):
    results, captures, *_ = done
    assert results["short"]["error"] == "ResponseDataLossError"
    assert captures["short"]["truncated"] == "disconnect"
    assert captures["short"]["response"].endswith(b"\r\n\r\nshort")
    with running(Behaving(behaviours=BEHAVIOURS)) as server:
        lax = crawl(
            [{"key": "short", "url": f"{server.root}/short"}],
            fetch=FETCH,
            settings={"DOWNLOAD_FAIL_ON_DATALOSS": False},
        )
    assert lax["results"]["short"]["flags"] == ["dataloss"]
    assert lax["results"]["short"]["body"] == b"short"
    assert lax["captures"][0]["truncated"] == "disconnect"


def test_where_nothing_could_be_sent_there_is_no_capture():
    with socket.socket() as full, socket.socket() as closed:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refused
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:  # its queue is full: the next one waits for ever
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        requests = [
            {"key": "hangs", "url": f"http://127.0.0.1:{full.getsockname()[1]}/"},
            {"key": "refused", "url": f"http://127.0.0.1:{closed.getsockname()[1]}/"},
            {"key": "proxied", "url": "http://127.0.0.1/", "meta": {"proxy": "http://127.0.0.1:3128"}},
        ]
        done = crawl(requests, fetch={**FETCH, "total_seconds": 30.0})
        for client in waiting:
            client.close()
    assert done["captures"] == []
    assert done["results"]["hangs"]["outcome"] == "timeout"
    assert "fetch.timeout_seconds" in done["results"]["hangs"]["detail"]
    assert done["results"]["refused"]["outcome"] == "connect_error"
    assert done["results"]["proxied"]["outcome"] == "blocked_address"


def test_a_name_that_does_not_resolve_is_a_dns_error():
    done = crawl([{"key": "name", "url": "http://outlet.test/"}], fetch=FETCH, answers=[""])
    assert done["results"]["name"]["outcome"] == "dns_error"
    assert done["captures"] == []


def test_a_response_whose_record_fails_goes_nowhere():
    with running(Behaving(behaviours=BEHAVIOURS)) as server:
        done = crawl([{"key": "page", "url": f"{server.root}/just_fits"}], fetch=FETCH, storage_fails=True)
    assert done["results"]["page"] == {"error": "StorageError", "outcome": "", "detail": "no room", "records": 0}


def test_without_a_recorder_or_a_config_nothing_is_fetched():
    with running(Behaving(behaviours=BEHAVIOURS)) as server:
        requests = [{"key": "page", "url": f"{server.root}/just_fits"}]
        unrecorded = crawl(requests, fetch=FETCH, settings={"EXTENSIONS": {}})
        unconfigured = crawl(requests, fetch=FETCH, settings={"CHRONICLE": None})
    assert "no extension records exchanges" in unrecorded["results"]["page"]["detail"]
    assert "holds no config" in unconfigured["results"]["page"]["detail"]
    assert not server.requests
