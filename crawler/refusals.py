"""What it means when a request brings no response: each failure as an `Outcome` and one line for people."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from datetime import datetime

import brotli
from OpenSSL import SSL
from scrapy import exceptions as scrapy_errors
from scrapy.exceptions import IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import VerificationError
from twisted.internet import defer
from twisted.internet import error as net
from twisted.python.failure import Failure
from twisted.web import client as web
from twisted.web._newclient import RequestNotSent

from crawler.printable import printable
from pipelines.errors import DocumentError, OperatorError
from pipelines.model import Outcome

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Refused(IgnoreRequest):
    """We decided not to ask, or not to ask further.

    `later` says that the same URL may be asked in a later run; `retry_at` (UTC) from when on, where that is known.
    """

    def __init__(self, outcome: Outcome, detail: str, *, later: bool = False, retry_at: datetime | None = None) -> None:
        super().__init__(f"{outcome.value}: {detail}")
        self.outcome = outcome
        self.detail = detail
        self.later = later or retry_at is not None
        self.retry_at = retry_at


_TLS = (SSL.Error, VerificationError, net.SSLError, net.CertificateError)

#: The first type that a failure, or anything it was raised from, is an instance of decides.
_KINDS: tuple[tuple[tuple[type[BaseException], ...], Outcome, str], ...] = (
    (_TLS, Outcome.TLS_ERROR, "the TLS handshake failed or the certificate does not verify"),
    (
        (scrapy_errors.CannotResolveHostError, net.DNSLookupError, net.UnknownHostError),
        Outcome.DNS_ERROR,
        "the host's name does not resolve",
    ),
    (
        (
            scrapy_errors.DownloadTimeoutError,
            net.TimeoutError,
            net.TCPTimedOutError,
            defer.TimeoutError,
            TimeoutError,
        ),
        Outcome.TIMEOUT,
        "no answer in time",
    ),
    (
        (scrapy_errors.ResponseDataLossError, web.PartialDownloadError),
        Outcome.TRUNCATED,
        "the connection ended before the answer did",
    ),
    (
        (scrapy_errors.DownloadConnectionRefusedError, net.ConnectError, ConnectionRefusedError),
        Outcome.CONNECT_ERROR,
        "the host does not take the connection",
    ),
    ((scrapy_errors.DownloadCancelledError, defer.CancelledError), Outcome.TRUNCATED, "we broke the answer off"),
    ((scrapy_errors.UnsupportedURLSchemeError, scrapy_errors.NotSupported), Outcome.BAD_URL, "a scheme we don't fetch"),
    (
        (DocumentError, zlib.error, gzip.BadGzipFile, EOFError, brotli.error, zstd.ZstdError),
        Outcome.UNDECODABLE,
        "the body does not decode",
    ),
    (
        (
            net.ConnectionLost,
            net.ConnectionDone,
            net.ConnectionAborted,
            scrapy_errors.DownloadFailedError,
            web.ResponseFailed,
            RequestNotSent,
            ConnectionError,
        ),
        Outcome.PROTOCOL_ERROR,
        "the connection broke, or what came is no HTTP answer",
    ),
)

#: What a later try may mend. Refusals of our own say so themselves.
PASSING = frozenset(
    {
        Outcome.DNS_ERROR,
        Outcome.CONNECT_ERROR,
        Outcome.TLS_ERROR,
        Outcome.TIMEOUT,
        Outcome.PROTOCOL_ERROR,
        Outcome.HTTP_5XX,
    }
)


def outcome_of(failure: Failure | BaseException) -> tuple[Outcome, str, bool]:
    """The outcome of a download that failed, a line that says what was seen, and whether a later try may help.

    A full disk or a wrong setting is no URL's outcome: an `OperatorError` is raised as it is.
    """
    error = failure.value if isinstance(failure, Failure) else failure
    assert error is not None
    chain = list(_chain(error))
    for inner in chain:
        if isinstance(inner, OperatorError):
            raise inner
        if isinstance(inner, Refused):
            return inner.outcome, inner.detail, inner.later
        if isinstance(inner, HttpError):
            status = inner.response.status
            return outcome_of_status(status), f"the server answered {status}", status_may_pass(status)
    for kinds, outcome, meaning in _KINDS:
        for inner in chain:
            if isinstance(inner, kinds):
                return outcome, f"{meaning} ({_words(inner)})", outcome in PASSING
    if isinstance(error, IgnoreRequest):
        # Scrapy's own refusals have no types; its decompression cap is the one that our crawls meet.
        text = " ".join(str(error).split())
        if "during decompression" in text:
            sizes = printable(text.rpartition(" because its body ")[2].partition(" exceeded ")[0], 100)
            return Outcome.UNDECODABLE, f"the body decompresses to more than fetch.decoded_max {sizes}", False
        return Outcome.OUT_OF_SCOPE, printable(text, 200) or "ignored", False
    return Outcome.PROTOCOL_ERROR, f"unexpected failure ({_words(error)})", True


def outcome_of_status(status: int) -> Outcome:
    """The outcome of an answer that is no page, by its status code (RFC 9110, section 15)."""
    if 300 <= status < 400:
        return Outcome.NOT_MODIFIED if status == 304 else Outcome.REDIRECT
    if 400 <= status < 500:
        return Outcome.HTTP_4XX
    return Outcome.HTTP_5XX if 500 <= status < 600 else Outcome.HTTP_OTHER


def status_may_pass(status: int) -> bool:
    """Whether an answer with this status may be another one later."""
    return status in {408, 425, 429} or 500 <= status < 600


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and what Twisted's wrappers hold, the outermost first, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        inner = waiting.pop(0)
        if id(inner) in seen:
            continue
        seen.add(id(inner))
        yield inner
        reasons = [reason.value for reason in getattr(inner, "reasons", None) or () if isinstance(reason, Failure)]
        waiting.extend(reason for reason in reasons if reason is not None)
        if inner.__cause__ is not None:
            waiting.append(inner.__cause__)


def _words(error: BaseException) -> str:
    """Type and message of an error, fit for one line."""
    text = printable(" ".join(str(error).split()), 200)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
