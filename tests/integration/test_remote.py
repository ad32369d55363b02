"""WARCs on web servers: hosts that were not named are never asked, ranges are used, and what fails is said plainly."""

from __future__ import annotations

import hashlib
import io
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from pipelines.errors import InputError, StorageError
from pipelines.model import Record
from pipelines.rerun import link
from pipelines.rerun.link import Allowed
from pipelines.rerun.remote import look
from pipelines.warc.reader import read
from tests.services.files import FileServer
from tests.warcs import member, record

NOISE = random.Random(2)
MEMBERS = [member(record(number, NOISE.randbytes(90_000))) for number in range(30)]
DATA = b"".join(MEMBERS)
SECRET = "canary-signature"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "PAUSE", 0.01)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer(DATA) as server:
        yield server


def allowed(server: FileServer) -> Allowed:
    return Allowed.of([server.place])


def test_ranges_read_like_the_file(server: FileServer):
    remote = look(server.url("ranged/file.warc.gz?sig=" + SECRET), allowed(server))
    assert (remote.size, remote.ranges, remote.etag, remote.digest()) == (len(DATA), True, "one", "etag:one")
    assert remote.name == server.url("ranged/file.warc.gz")
    local = io.BytesIO(DATA)
    with remote.open() as file:
        for place, whence, size in ((0, 0, 10), (-5, 2, 100), (1_000_000, 0, 700_000), (10**9, 0, 1)):
            assert file.seek(place, whence) == local.seek(place, whence)
            assert file.read(size) == local.read(size)
    with remote.open() as file:
        events = list(read(file, remote.name))
    assert [event.locator.length for event in events if isinstance(event, Record)] == list(map(len, MEMBERS))


def test_one_record_costs_one_request(server: FileServer):
    remote = look(server.url("ranged/file.warc.gz"), allowed(server))
    server.asked.clear()
    with remote.open() as file:
        file.seek(len(MEMBERS[0]))
        assert file.read(len(MEMBERS[1])) == MEMBERS[1]
    start = len(MEMBERS[0])
    assert server.asked == [("/ranged/file.warc.gz", f"bytes={start}-{start + (1 << 18) - 1}")]


@pytest.mark.parametrize("way", ["whole", "stream", "short"])
def test_servers_without_ranges_are_asked_once_for_all(server: FileServer, way: str):
    server.left = 2
    remote = look(server.url(f"{way}/file.warc.gz"), allowed(server))
    assert (remote.ranges, remote.size) == (False, 0 if way == "stream" else len(DATA))
    with remote.open() as file:
        file.seek(100)
        assert file.read(50) == DATA[100:150]
        file.seek(0)
        assert file.read() == DATA
    assert remote.digest() == f"sha256:{hashlib.sha256(DATA).hexdigest()}"


@pytest.mark.parametrize("way", ["weak", "untagged"])
def test_without_an_exact_etag_the_digest_is_of_the_bytes(server: FileServer, way: str):
    remote = look(server.url(f"{way}/file.warc.gz"), allowed(server))
    assert remote.ranges
    assert remote.digest() == f"sha256:{hashlib.sha256(DATA).hexdigest()}"


@pytest.mark.parametrize("way", ["flaky", "later"])
def test_what_fails_a_few_times_is_asked_again(server: FileServer, way: str):
    server.left = link.TRIES - 1
    remote = look(server.url(f"{way}/file.warc.gz"), allowed(server))
    with remote.open() as file:
        assert file.read(300_000) == DATA[:300_000]
    assert server.left == 0
    server.left = 10**6
    if way == "flaky":
        with (
            remote.open() as file,
            pytest.raises(StorageError, match=r"can't fetch 262144 bytes at 0 .*4 times.*run again"),
        ):
            file.read(1)
    else:
        with pytest.raises(StorageError, match="status 503, 4 times"):
            look(remote.url, allowed(server))


@pytest.mark.parametrize("change", ["etag", "size", "ranges"])
def test_a_file_that_is_replaced_while_it_is_read(server: FileServer, change: str):
    way = "ranged" if change == "etag" else "untagged"
    remote = look(server.url(f"{way}/file.warc.gz"), allowed(server))
    with remote.open() as file:
        file.read(10)
        if change == "etag":
            server.etag = '"two"'
        else:
            server.data = DATA[:-1] if change == "size" else DATA[:100]
        file.seek(2_000_000)
        with pytest.raises(InputError, match=r"replaced while it was read|the range that is wanted"):
            file.read()


def test_a_host_that_was_not_named_is_not_asked(server: FileServer):
    with FileServer(DATA) as other:
        with pytest.raises(InputError, match=f"say --allow-host {server.place}$"):
            look(server.url("ranged/x?sig=" + SECRET), Allowed.of([other.place]))
        with pytest.raises(InputError, match="hosts that were not named"):
            look(server.url("ranged/x"), Allowed.of(["127.0.0.1"]))  # that is its ports 80 and 443
        other.elsewhere = server.url("ranged/x?sig=" + SECRET)
        with pytest.raises(InputError, match=f"leads to another host; say --allow-host {server.place}") as caught:
            look(other.url("away/x"), allowed(other))
        assert SECRET not in str(caught.value)
        assert server.asked == []
        both = Allowed.of([server.place, other.place])
        with look(other.url("away/x"), both).open() as file:
            assert file.read() == DATA
        other.elsewhere = "file:///etc/passwd"
        with pytest.raises(InputError, match="no address on the web"):
            look(other.url("away/x"), both)
        with pytest.raises(InputError, match="redirects"):
            look(other.url("loop/x"), both)


def test_which_hosts_a_name_allows():
    some = Allowed.of(["Example.org", "archive.test:8080", "[::1]:81"])
    for url in ("https://example.org/x", "http://EXAMPLE.org:80/x", "http://archive.test:8080/", "http://[::1]:81/x"):
        assert url in some
    for url in ("http://example.org:8080/", "https://archive.test/", "http://a.example.org/", "http://[::1]/", "x"):
        assert url not in some
    for name in ("", "http://x/", f"user:{SECRET}@host", "a b"):
        with pytest.raises(InputError, match="--allow-host") as caught:
            Allowed.of([name])
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("address", ["http://user:{}@127.0.0.1:1/x", "http://?{}", "http://a b/{}"])
def test_addresses_that_are_refused_say_no_secret(address: str):
    with pytest.raises(InputError, match=r"it carries credentials|no address") as caught:
        look(address.format(SECRET), Allowed.of(["127.0.0.1:1"]))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_said_once(server: FileServer, status: int):
    with pytest.raises(InputError, match=f"the server refuses it .status {status}") as caught:
        look(server.url(f"{status}/x?sig={SECRET}"), allowed(server))
    assert SECRET not in str(caught.value)
    assert len(server.asked) == 1


def test_nobody_listens():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(StorageError, match="ConnectionRefusedError, 4 times"):
        look(f"http://{place}/x", Allowed.of([place]))


def test_an_empty_file(server: FileServer):
    server.data = b""
    remote = look(server.url("ranged/x"), allowed(server))
    assert remote.size == 0


def test_tls_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    authority = trustme.CA()
    with FileServer(DATA, authority=authority) as server:
        with pytest.raises(InputError, match="its certificate does not hold"):
            look(server.url("ranged/x"), allowed(server))
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with look(server.url("ranged/x"), allowed(server)).open() as file:
            assert file.read() == DATA
