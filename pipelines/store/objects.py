"""S3 and what speaks like it: objects listed by prefix and read by ranges, nothing downloaded whole.

The only module that knows boto3 (extra `s3`): import it only where somebody names s3://. Credentials come from the
chain that all AWS tools share (environment, profile, container, instance), and from nowhere else; no message names any.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED, exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipelines.errors import InputError, OperatorError, StorageError
from pipelines.ranges import ranged

SCHEME: Final = "s3://"
TRIES: Final = 4  # of a range whose bytes did not all come; botocore itself tries again what fails before
PAGE: Final = 1000  # keys of a listing that come in one answer; S3 gives no more
_PAUSE: Final = 0.5  # seconds before the second try, doubled each time

_CREDENTIALS: Final = (
    "credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role"
)
#: What the store's codes mean for whoever gave the address (S3 API reference, "Error responses").
_ADVICE: Final = {
    "AccessDenied": f"access is denied; the credentials in use may not read it ({_CREDENTIALS})",
    "403": f"access is denied; the credentials in use may not read it ({_CREDENTIALS})",
    "InvalidAccessKeyId": f"the store does not know the access key; {_CREDENTIALS}",
    "SignatureDoesNotMatch": f"the store refuses the signature: the secret key or the region is wrong; {_CREDENTIALS}",
    "ExpiredToken": "the session token has expired; log in again",
    "InvalidToken": "the session token is not valid; log in again",
    "RequestTimeTooSkewed": "this machine's clock is wrong, so the store refuses the signature; set it",
    "NoSuchBucket": "there is no such bucket; check its name, and AWS_ENDPOINT_URL_S3 if it is not at AWS",
    "InvalidBucketName": "that is no name of a bucket; write s3://bucket/prefix",
    "NoSuchKey": "there is no such object",
    "404": "there is no such object or bucket",
    "PermanentRedirect": "the bucket is in another region; set AWS_REGION",
    "IllegalLocationConstraintException": "the bucket is in another region; set AWS_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set AWS_REGION",
    "InvalidObjectState": "it is archived (Glacier); restore it first",
    "PreconditionFailed": "it was replaced while it was read; run again",
    "412": "it was replaced while it was read; run again",
    "InvalidRange": "it was replaced by a shorter one while it was read; run again",
}


@dataclass(frozen=True, slots=True)
class Store:
    """Which store, where the standard environment does not say. Pickled into workers: no credentials in it."""

    endpoint: str = ""  # URL; "": AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, or AWS itself
    region: str = ""  # "": AWS_REGION, AWS_DEFAULT_REGION, or the profile's
    anonymous: bool = False  # for public buckets: requests are not signed


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as a listing gives it."""

    bucket: str
    key: str
    size: int  # bytes
    etag: str  # without quotes; a name of the content, and not its MD5

    @property
    def address(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def parse(address: str) -> tuple[str, str]:
    """Bucket and key or prefix of s3://bucket/prefix. Raises `InputError`."""
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    if not address.startswith(SCHEME) or not bucket:
        raise InputError(f"{address}: write s3://bucket/prefix or s3://bucket/key")
    return bucket, key


def objects(store: Store, address: str) -> Iterator[Stored]:
    """What an address names, by key: the object of that very key, else all whose keys begin so, page after page.

    Raises `InputError` for what the store refuses, `StorageError` where it fails.
    """
    bucket, prefix = parse(address)
    with _Faults(address):
        pages = (
            _client(store)
            .get_paginator("list_objects_v2")
            .paginate(Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": PAGE})
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                found = Stored(bucket, entry["Key"], entry["Size"], entry.get("ETag", "").strip('"'))
                yield found
                if found.key == prefix:  # the first in the order of keys
                    return


def head(store: Store, address: str) -> Stored:
    """The object of that very key. Raises `InputError`, `StorageError`."""
    bucket, key = parse(address)
    with _Faults(address):
        found = _client(store).head_object(Bucket=bucket, Key=key)
    return Stored(bucket, key, found["ContentLength"], found.get("ETag", "").strip('"'))


def open_object(store: Store, stored: Stored) -> BinaryIO:
    """An object as a seekable file; its bytes are fetched as they are read, and only while they are those listed.

    Reading raises `InputError` (it was replaced, it is gone) and `StorageError` (the store fails).
    """
    return ranged(stored.size, lambda offset, length: _fetch(store, stored, offset, length))


def _fetch(store: Store, stored: Stored, offset: int, length: int) -> bytes:
    wanted = {"Bucket": stored.bucket, "Key": stored.key, "Range": f"bytes={offset}-{offset + length - 1}"}
    if stored.etag:
        wanted["IfMatch"] = f'"{stored.etag}"'
    fault = ""
    for number in range(TRIES):
        if number:
            time.sleep(_PAUSE * 2 ** (number - 1))
        with _Faults(stored.address):
            body = _client(store).get_object(**wanted)["Body"]
        try:
            with body:
                data: bytes = body.read()
        except (BotoCoreError, OSError) as error:  # the connection broke in the middle of the body
            fault = type(error).__name__
            continue
        if len(data) == length:
            return data
        fault = f"{len(data)} bytes came"
    what = f"{length} bytes at {offset} can't be read ({fault}, {TRIES} times)"
    raise StorageError(f"{stored.address}: {what}; nothing is lost, run again")


class _Faults:
    """Turns what boto3 raises into errors that say what, where and what to do, and never repeats a server's text."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, (OperatorError, GeneratorExit)):
            return
        if isinstance(error, ClientError):
            raise self._refused(error) from None
        if isinstance(error, BotoCoreError):
            raise self._failed(error) from None

    def _refused(self, error: ClientError) -> OperatorError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        said = f"{code if code.isalnum() else ''} {status or ''}".strip()
        if advice := _ADVICE.get(code):
            return InputError(f"{self._address}: {advice} [{said}]")
        if status >= 500 or code in {"SlowDown", "RequestTimeout", "Throttling", "TooManyRequests"} or status == 429:
            return StorageError(f"{self._address}: the store fails [{said}]; nothing is lost, run again later")
        return InputError(f"{self._address}: the store refuses [{said}]")

    def _failed(self, error: BotoCoreError) -> OperatorError:
        kind = type(error).__name__
        if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
            return InputError(
                f"{self._address}: no credentials; {_CREDENTIALS}; for a public bucket say --s3-anonymous"
            )
        if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
            return StorageError(f"{self._address}: the store can't be reached ({kind}); is its endpoint right?")
        return InputError(f"{self._address}: {_CONFIGURED} ({kind})")


_CONFIGURED: Final = "the AWS configuration can't be used; see AWS_PROFILE, AWS_ENDPOINT_URL_S3, AWS_REGION"


@lru_cache(maxsize=8)
def _client(store: Store) -> Any:
    """One client a process and store, for all threads. Raises what boto3 raises, and `InputError`."""
    basic = Config(
        retries={"mode": "standard", "total_max_attempts": 5},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=16,
        user_agent_extra="warchronicle",
        **({"signature_version": UNSIGNED} if store.anonymous else {}),
    )
    known = {"endpoint_url": store.endpoint or None, "region_name": store.region or None}
    try:
        session = boto3.session.Session()
        client = session.client("s3", config=basic, **known)
        if _at_aws(client.meta.endpoint_url):
            return client
        client.close()
        # Others lack what AWS added: boto3's checksums (Ceph refuses them over https) and names of hosts for buckets.
        custom: dict[str, Any] = {}
        if "AWS_REQUEST_CHECKSUM_CALCULATION" not in os.environ:
            custom["request_checksum_calculation"] = "when_required"
        if "AWS_RESPONSE_CHECKSUM_VALIDATION" not in os.environ:
            custom["response_checksum_validation"] = "when_required"
        if "addressing_style" not in (session._session.get_scoped_config().get("s3") or {}):  # noqa: SLF001  no other way
            custom["s3"] = {"addressing_style": "path"}
        return session.client("s3", config=basic.merge(Config(**custom)), **known)
    except ValueError:  # an endpoint that is no URL, which may hold anything
        raise InputError(f"{_CONFIGURED} (the endpoint is no URL)") from None


def _at_aws(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
