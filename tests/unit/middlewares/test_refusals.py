"""Every failure has an outcome, a line for people, and an answer to "is it worth another try?"."""

from __future__ import annotations

import logging
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from scrapy import exceptions as scrapy_errors
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import VerificationError
from twisted.internet import defer
from twisted.internet import error as net
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed, ResponseNeverReceived

from crawler.logformat import EscapingFilter
from crawler.printable import printable
from crawler.refusals import Refused, outcome_of
from pipelines.errors import DocumentError, StorageError
from pipelines.message import zstd
from pipelines.model import Outcome


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "outcome", "later"),
    [
        (Refused(Outcome.BLOCKED_ADDRESS, "loopback"), Outcome.BLOCKED_ADDRESS, False),
        (Refused(Outcome.OVER_BUDGET, "later", later=True), Outcome.OVER_BUDGET, True),
        (scrapy_errors.CannotResolveHostError("x"), Outcome.DNS_ERROR, True),
        (net.DNSLookupError("x"), Outcome.DNS_ERROR, True),
        (scrapy_errors.DownloadConnectionRefusedError("x"), Outcome.CONNECT_ERROR, True),
        (net.ConnectionRefusedError(), Outcome.CONNECT_ERROR, True),
        (net.NoRouteError(), Outcome.CONNECT_ERROR, True),
        (net.TCPTimedOutError(), Outcome.TIMEOUT, True),
        (scrapy_errors.DownloadTimeoutError("x"), Outcome.TIMEOUT, True),
        (defer.TimeoutError(), Outcome.TIMEOUT, True),
        (scrapy_errors.DownloadFailedError("x"), Outcome.PROTOCOL_ERROR, True),
        (net.ConnectionLost(), Outcome.PROTOCOL_ERROR, True),
        (net.ConnectionDone(), Outcome.PROTOCOL_ERROR, True),
        (ResponseNeverReceived([Failure(net.ConnectionLost())]), Outcome.PROTOCOL_ERROR, True),
        (ResponseNeverReceived([Failure(SSL.Error([("ssl", "", "bad certificate")]))]), Outcome.TLS_ERROR, True),
        (
            raised_from(
                scrapy_errors.DownloadFailedError("x"), ResponseNeverReceived([Failure(VerificationError(errors=[]))])
            ),
            Outcome.TLS_ERROR,
            True,
        ),
        (
            raised_from(
                scrapy_errors.DownloadFailedError("x"),
                ResponseFailed([Failure(Refused(Outcome.BLOCKED_ADDRESS, "metadata"))]),
            ),
            Outcome.BLOCKED_ADDRESS,
            False,
        ),
        (scrapy_errors.ResponseDataLossError("x"), Outcome.TRUNCATED, False),
        (scrapy_errors.DownloadCancelledError("x"), Outcome.TRUNCATED, False),
        (scrapy_errors.UnsupportedURLSchemeError("x"), Outcome.BAD_URL, False),
        (scrapy_errors.NotSupported("x"), Outcome.BAD_URL, False),
        (zlib.error("x"), Outcome.UNDECODABLE, False),
        (brotli.error("x"), Outcome.UNDECODABLE, False),
        (zstd.ZstdError("x"), Outcome.UNDECODABLE, False),
        (EOFError("x"), Outcome.UNDECODABLE, False),
        (DocumentError("bomb", "x"), Outcome.UNDECODABLE, False),
        (
            scrapy_errors.IgnoreRequest("exceeded DOWNLOAD_MAXSIZE (1 B) during decompression."),
            Outcome.UNDECODABLE,
            False,
        ),
        (HttpError(Response("http://a.example/", status=404)), Outcome.HTTP_4XX, False),
        (HttpError(Response("http://a.example/", status=429)), Outcome.HTTP_4XX, True),
        (HttpError(Response("http://a.example/", status=500)), Outcome.HTTP_5XX, True),
        (HttpError(Response("http://a.example/", status=301)), Outcome.REDIRECT, False),
        (HttpError(Response("http://a.example/", status=304)), Outcome.NOT_MODIFIED, False),
        (RuntimeError("never seen before"), Outcome.PROTOCOL_ERROR, True),
    ],
)
def test_outcome_of_each_failure(error, outcome, later):
    for shape in (error, Failure(error)):
        got, detail, passing = outcome_of(shape)
        assert (got, passing) == (outcome, later)
        assert detail
        assert detail.isprintable()


def test_every_exception_that_scrapy_documents_for_downloads_is_told_apart():
    names = {name for name in dir(scrapy_errors) if name.startswith("Download") or name.endswith("Error")}
    known = {getattr(scrapy_errors, name) for name in names} - {scrapy_errors.UsageError}
    assert {outcome_of(kind("x"))[0] for kind in known} >= {Outcome.DNS_ERROR, Outcome.TIMEOUT, Outcome.TRUNCATED}
    unknown = [kind.__name__ for kind in known if "unexpected" in outcome_of(kind("x"))[1]]
    assert unknown == []


def test_a_full_disk_is_no_urls_fault():
    with pytest.raises(StorageError):
        outcome_of(Failure(StorageError("disk full")))


@given(st.text())
def test_what_is_printed_obeys_nobody(text):
    shown = printable(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    assert "\u202e" not in shown
    assert "\u2028" not in shown
    if text.isprintable() and len(text) <= 2000:
        assert shown == text


@given(st.text(max_size=200), st.text(max_size=200))
def test_log_records_are_escaped_and_plain_ones_untouched(message, argument):
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "%s %s", (message, argument), None)
    plain = record.getMessage()
    assert EscapingFilter().filter(record)
    shown = record.getMessage()
    assert "\x1b" not in shown
    assert "\r" not in shown
    if plain.isprintable():
        assert shown == plain
