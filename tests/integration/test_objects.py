"""S3 against a real server: what is listed, how much is read, what is said when it goes wrong, and what never is."""

from __future__ import annotations

import io
import os
import random
import re
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import InputError, StorageError
from pipelines.model import Record
from pipelines.store import objects
from pipelines.store.objects import Store
from pipelines.warc.reader import read
from tests.services.rgw import ACCESS_KEY, SECRET_KEY, Rgw
from tests.warcs import member, record

BUCKET = "objects"
DATA = random.Random(1).randbytes(3_000_000)


@pytest.fixture(scope="module")
def filled(rgw: Rgw) -> Rgw:
    client = rgw.client()
    client.create_bucket(Bucket=BUCKET)
    for number in range(23):
        client.put_object(Bucket=BUCKET, Key=f"many/{number:05}.warc.gz", Body=b"x")
    for key in ("a/one.warc.gz", "a/one.warc.gz.cdxj", "a/oneness", "a/Ümlaut +%&?.warc.gz"):
        client.put_object(Bucket=BUCKET, Key=key, Body=DATA)
    client.close()
    return rgw


@pytest.fixture
def chain(filled: Rgw, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rgw]:
    """The standard environment points at the server."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in filled.environment.items():
        monkeypatch.setenv(name, value)
    objects._client.cache_clear()
    yield filled
    objects._client.cache_clear()


def keys(prefix: str) -> list[str]:
    return [found.key for found in objects.objects(Store(), f"s3://{BUCKET}/{prefix}")]


def test_a_prefix_is_listed_page_after_page_in_order(chain: Rgw, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(objects, "PAGE", 4)
    assert keys("many/") == [f"many/{number:05}.warc.gz" for number in range(23)]
    assert keys("many/0000") == [f"many/0000{number}.warc.gz" for number in range(10)]
    assert keys("a/one") == ["a/one.warc.gz", "a/one.warc.gz.cdxj", "a/oneness"]
    assert keys("a/one.warc.gz") == ["a/one.warc.gz"]  # a key, and not what begins like it
    assert keys("nothing") == []
    assert len(keys("")) == 27


@pytest.mark.parametrize("key", ["a/one.warc.gz", "a/Ümlaut +%&?.warc.gz"])
def test_an_object_reads_like_a_file(chain: Rgw, key: str):
    stored = objects.head(Store(), f"s3://{BUCKET}/{key}")
    assert (stored.size, stored.address) == (len(DATA), f"s3://{BUCKET}/{key}")
    assert [stored] == list(objects.objects(Store(), stored.address))
    local = io.BytesIO(DATA)
    with objects.open_object(Store(), stored) as file:
        for place, whence, size in ((0, 0, 10), (-5, 2, 100), (1_000_000, 0, 700_000), (10**9, 0, 1), (7, 0, 0)):
            assert file.seek(place, whence) == local.seek(place, whence)
            assert file.read(size) == local.read(size)
        file.seek(0)
        assert file.read() == DATA


def test_over_tls_too(chain: Rgw, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(chain.ca))
    store = Store(endpoint=chain.https)
    with objects.open_object(store, objects.head(store, f"s3://{BUCKET}/a/one.warc.gz")) as file:
        assert file.read() == DATA


def test_one_record_of_many_costs_one_small_range(chain: Rgw):
    """The reader takes it as it takes any seekable file; the server's own log says what was asked of it."""
    big = [member(record(number, DATA[number * 1000 : number * 1000 + 500_000])) for number in range(20)]
    client = chain.client()
    client.put_object(Bucket=BUCKET, Key="big.warc.gz", Body=b"".join(big))
    client.close()
    stored = objects.head(Store(), f"s3://{BUCKET}/big.warc.gz")
    with objects.open_object(Store(), stored) as file:
        found = list(read(file, stored.address))
    assert [event.locator.offset for event in found if isinstance(event, Record)] == [
        sum(map(len, big[:number])) for number in range(20)
    ]
    asked = []
    whole = objects._fetch

    def counted(store: Store, which: objects.Stored, offset: int, length: int) -> bytes:
        asked.append(length)
        return whole(store, which, offset, length)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects, "_fetch", counted)
        with objects.open_object(Store(), stored) as file:
            file.seek(sum(map(len, big[:7])))
            assert file.read(len(big[7])) == big[7]
    assert sum(asked) < 3 * len(big[7])


def test_an_object_that_is_replaced_while_it_is_read_is_told(chain: Rgw):
    client = chain.client()
    client.put_object(Bucket=BUCKET, Key="changing", Body=DATA)
    stored = objects.head(Store(), f"s3://{BUCKET}/changing")
    with objects.open_object(Store(), stored) as file:
        assert file.read(10) == DATA[:10]
        client.put_object(Bucket=BUCKET, Key="changing", Body=DATA[::-1])
        with pytest.raises(InputError, match="s3://objects/changing: it was replaced while it was read"):
            file.read()
        client.delete_object(Bucket=BUCKET, Key="changing")
        file.seek(2_000_000)
        with pytest.raises(InputError, match="there is no such object"):
            file.read()
    client.close()


LISTING = [
    ({}, "s3://nobucket/x", InputError, "s3://nobucket/x: there is no such bucket"),
    ({}, "s3://X", InputError, "s3://X: "),
    ({}, "s3:///x", InputError, "write s3://bucket/prefix"),
    (
        {"AWS_SECRET_ACCESS_KEY": SECRET_KEY[::-1]},
        "s3://objects/a",
        InputError,
        "the secret key or the region is wrong",
    ),
    ({"AWS_ACCESS_KEY_ID": ACCESS_KEY[::-1]}, "s3://objects/a", InputError, "does not know the access key"),
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "s3://objects/a", InputError, "--s3-anonymous"),
    ({"AWS_SECRET_ACCESS_KEY": ""}, "s3://objects/a", InputError, "s3://objects/a: no credentials"),
    ({"AWS_PROFILE": "nobody"}, "s3://objects/a", InputError, "s3://objects/a: the AWS configuration"),
    ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, "s3://objects/a", StorageError, "can't be reached"),
    ({"AWS_ENDPOINT_URL_S3": f"http://u:{SECRET_KEY}@127.0.0.1:1"}, "s3://objects/a", InputError, "AWS configuration"),
    ({"AWS_ENDPOINT_URL_S3": f"no url {SECRET_KEY}"}, "s3://objects/a", InputError, "AWS configuration"),
]


@pytest.mark.parametrize(("changes", "address", "kind", "said"), LISTING)
def test_what_goes_wrong_is_said_without_a_secret(
    chain: Rgw, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], address: str, kind: type, said: str
):
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(kind, match=re.escape(said)) as caught:
        list(objects.objects(Store(), address))
    no_secret("".join(traceback.format_exception(caught.value)))
    with pytest.raises(kind) as caught:  # to HEAD a server answers with a number only
        objects.head(Store(), f"{address}/x")
    no_secret("".join(traceback.format_exception(caught.value)))


def test_an_object_that_is_not_there(chain: Rgw):
    with pytest.raises(InputError, match="s3://objects/nokey: there is no such object"):
        objects.head(Store(), "s3://objects/nokey")


def no_secret(text: str) -> None:
    for canary in (SECRET_KEY, ACCESS_KEY, SECRET_KEY[::-1], ACCESS_KEY[::-1]):
        assert canary not in text


def test_a_public_bucket_needs_no_credentials(chain: Rgw, monkeypatch: pytest.MonkeyPatch):
    client = chain.client()
    client.put_object(Bucket=BUCKET, Key="public", Body=DATA, ACL="public-read")
    client.close()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    anonymous = Store(anonymous=True)
    with objects.open_object(anonymous, objects.head(anonymous, f"s3://{BUCKET}/public")) as file:
        assert file.read() == DATA
    with pytest.raises(InputError, match="access is denied"):
        objects.head(anonymous, f"s3://{BUCKET}/a/one.warc.gz")


class Cutting:
    """A proxy in front of the server that hangs up in the middle of the first `cuts` long answers."""

    def __init__(self, target: str, cuts: int) -> None:
        self._target = int(target.rpartition(":")[2])
        self.cuts = cuts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with near, socket.create_connection(("127.0.0.1", self._target)) as far:
                far.settimeout(5)
                near.settimeout(5)
                while request := self._head(near):
                    far.sendall(request)
                    if not self._answer(far, near):
                        break

    @staticmethod
    def _head(near: socket.socket) -> bytes:
        data = b""
        try:
            while b"\r\n\r\n" not in data and (piece := near.recv(65536)):
                data += piece
        except OSError:
            return b""
        return data

    def _answer(self, far: socket.socket, near: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            data += far.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if length > 1000 and self.cuts:
            self.cuts -= 1
            near.sendall(head + b"\r\n\r\n" + body[:500])
            return False
        while len(body) < length:
            body += far.recv(65536)
        near.sendall(head + b"\r\n\r\n" + body)
        return True

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


@pytest.mark.parametrize(("cuts", "told"), [(2, False), (objects.TRIES, True)])
def test_a_connection_that_breaks_in_the_middle(chain: Rgw, monkeypatch: pytest.MonkeyPatch, cuts: int, told: bool):
    monkeypatch.setattr(objects, "_PAUSE", 0.01)
    stored = objects.head(Store(), f"s3://{BUCKET}/a/one.warc.gz")
    proxy = Cutting(chain.http, cuts)
    try:
        with objects.open_object(Store(endpoint=proxy.endpoint), stored) as file:
            if told:
                with pytest.raises(StorageError, match=f"can't be read .* {objects.TRIES} times.*; nothing is lost"):
                    file.read(10)
            else:
                assert file.read(400_000) == DATA[:400_000]
        assert proxy.cuts == 0
    finally:
        objects._client.cache_clear()
        proxy.close()


def test_nobody_imports_boto3_who_names_no_s3():
    code = "import sys, pipelines.__main__, pipelines.rerun.inputs; print('boto3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
