"""pywb, an independent reader, replays what we wrote: pages, a redirect and a revisit, with the original bytes."""

from __future__ import annotations

import gzip
import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from pipelines.message import parse_head
from pipelines.model import Damage
from pipelines.warc import reader
from tests.integration.conftest import Crawled

PYWB = Path(__file__).parents[2] / ".venv-replay" / "bin"


@pytest.fixture(scope="module")
def pywb(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a pywb that holds the crawled archive as its collection `c`."""
    if not (PYWB / "wayback").exists():
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(".venv-replay is missing: make test builds it")
        pytest.skip(".venv-replay is missing: make test builds it")
    folder = tmp_path_factory.mktemp("pywb")
    warcs = [str(path) for path in sorted(crawled.archive.glob("warc/**/*.warc.gz"))]
    assert warcs
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    for arguments in (["init", "c"], ["add", "c", *warcs]):
        subprocess.run([PYWB / "wb-manager", *arguments], cwd=folder, check=True, capture_output=True, env=environment)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [PYWB / "wayback", "-b", "127.0.0.1", "-p", str(port)], cwd=folder, stdout=log, stderr=log, env=environment
        )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        else:
            pytest.fail((folder / "log").read_text()[-2000:])
        yield port
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def replay(port: int, url: str, timestamp: str = "") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and decoded body of a capture as pywb gives it unrewritten (`id_`)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/c/{timestamp}id_/{url}", headers={"Accept-Encoding": "gzip, br"})
        answer = connection.getresponse()
        body = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()
    coding = headers.get("content-encoding", "")
    if coding == "gzip":
        body = gzip.decompress(body)
    elif coding == "br":
        body = brotli.decompress(body)
    return answer.status, headers, body


def test_pages_come_back_with_the_bytes_that_the_site_sent(crawled: Crawled, pywb: int) -> None:
    articles = [expected for expected in crawled.site.expected().values() if expected.outcome == "article"]
    checked = 0
    for expected in articles:
        host, path = expected.url.removeprefix("http://").split("/", 1)
        sent = crawled.site.content.reply(host.split(":")[0], f"/{path}", 1)
        if sent.status != 200 or sent.modified is None:
            continue
        status, _, body = replay(pywb, expected.url)
        assert (status, body) == (200, sent.body), expected.url
        checked += 1
    assert checked >= 10


def test_a_redirect_is_replayed(crawled: Crawled, pywb: int) -> None:
    url = next(each.url for each in crawled.site.expected().values() if each.outcome == "redirect")
    status, headers, _ = replay(pywb, url)
    assert status in {301, 302, 307, 308}
    assert headers["location"]


def test_a_revisit_is_replayed_with_the_payload_of_its_original(crawled: Crawled, pywb: int) -> None:
    records = [
        record
        for path in crawled.archive.glob("warc/**/*.warc.gz")
        for record in reader.read(path, types=frozenset({"revisit"}))
        if not isinstance(record, Damage)
    ]
    assert records, "the sample site serves one payload under two URLs"
    for record in records:
        original = record.field("WARC-Refers-To-Target-URI")
        status, _, body = replay(pywb, record.url, record.date.strftime("%Y%m%d%H%M%S"))
        head = parse_head(record.block)
        assert head is not None
        assert status == head.status
        assert body
        assert body == replay(pywb, original)[2]
