"""Twisted's HTTP/1.1 connections with a tee: every byte of an exchange also goes into its `Exchange`.

A pool hands each request its `Exchange`; the protocol keeps what arrives before the parser sees it and
cuts at the byte where the parser found the message's end. Private names of Scrapy and Twisted used here:
`_LenientHTTP11Client*`, `_finishResponse`, `_parser`, `_currentRequest`, `_newConnection`, `_bodyProtocol`
and `_finish_response`. tests/integration/test_odd_exchanges.py fails when one of them changes its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ResponseReader,
)
from twisted.internet.defer import Deferred
from twisted.internet.error import TimeoutError as TxTimeoutError
from twisted.internet.interfaces import IAddress, IHandshakeListener, IStreamClientEndpoint
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from twisted.web._newclient import Request as TxRequest
from twisted.web.client import HTTPConnectionPool
from twisted.web.iweb import IResponse
from zope.interface import implementer

from crawler.handlers.exchange import Exchange
from pipelines.model import TlsFacts, Truncation

#: Longest header line. Twisted's 16 KiB breaks off answers with long policies that browsers take.
LINE_MAX = 64 * 1024


class TeeTransport:
    """The transport as a request is written to it: all that is written is kept too."""

    def __init__(self, transport: Any, exchange: Exchange) -> None:
        self._transport = transport
        self._exchange = exchange

    def write(self, data: bytes) -> None:
        self._exchange.sent(data)
        self._transport.write(data)

    def writeSequence(self, lines: Iterable[bytes]) -> None:  # noqa: N802 - Twisted's name
        self.write(b"".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class TeedRequest(TxRequest):
    """Twisted's request, which knows its exchange on whichever connection it ends up."""

    exchange: Exchange

    @classmethod
    def of(cls, request: TxRequest, exchange: Exchange) -> TeedRequest:
        teed: TeedRequest = cls(request.method, request.uri, request.headers, request.bodyProducer, request.persistent)
        teed._parsedURI = request._parsedURI  # noqa: SLF001 - as Request._construct does
        teed.exchange = exchange
        return teed

    def writeTo(self, transport: Any) -> Deferred[None]:  # noqa: N802 - Twisted's name
        written: Deferred[None] = super().writeTo(TeeTransport(transport, self.exchange))
        return written


@implementer(IHandshakeListener)
class CaptureProtocol(_LenientHTTP11ClientProtocol, TimeoutMixin):
    """Scrapy's client protocol with the tee, the limits and a clock for silence."""

    def __init__(self, quiescent: Any, idle_seconds: float) -> None:
        super().__init__(quiescent)
        self._idle_seconds = idle_seconds
        self._exchange: Exchange | None = None
        self._tls: TlsFacts | None = None
        self._used = False  # it carried an exchange before the present one
        self._silent = True  # nothing has come of the present one

    def handshakeCompleted(self) -> None:  # noqa: N802 - Twisted's name
        """TLS is agreed on; before this no byte of a request went out."""
        self._tls = tls_facts(self.transport)
        if self._exchange is not None:
            self._exchange.tls = self._tls

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        if isinstance(request, TeedRequest):
            transport: Any = self.transport  # of TCP or TLS; zope's interfaces are no types to mypy
            secure = hasattr(transport, "getPeerCertificate")
            request.exchange.begin(transport.getPeer().host, secure=secure, tls=self._tls)
            self._exchange = request.exchange
            self._silent = True
            self.setTimeout(self._idle_seconds)
        answer = super().request(request)
        if self._parser is not None:
            self._parser.MAX_LENGTH = LINE_MAX
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        exchange = self._exchange
        if exchange is None:  # bytes that nobody asked for: the stock protocol hangs up
            super().dataReceived(data)
            return
        if self._silent and self._used and not _starts_answer(data):
            # The rest of an earlier answer, longer than it said. Nothing of ours came: the pool tries a new connection.
            self._release()
            self._abort()
            return
        self._silent = False
        self.resetTimeout()
        kept = exchange.received(data)
        if kept:
            super().dataReceived(kept)
        if self._exchange is not exchange:
            return
        if self._parser is None:  # it gave up on what it read
            self._release()
        elif exchange.cut is not None:
            self._break_off()

    def _break_off(self) -> None:
        """Over a limit. What came of a body goes up as a response with the flag "truncated"; of a head, nothing can."""
        assert self._parser is not None
        response = getattr(self._parser, "response", None)
        reader = getattr(response, "_bodyProtocol", None)
        self._release()
        if isinstance(reader, _ResponseReader) and not reader._finished.called:  # noqa: SLF001 - see above
            reader._finish_response(flags=["truncated"])  # noqa: SLF001 - see above
        self._abort()

    def timeoutConnection(self) -> None:  # noqa: N802 - Twisted's name
        if self._exchange is not None:
            self._exchange.cut = Truncation.TIME
            self._exchange.why = f"nothing came for fetch.timeout_seconds = {self._idle_seconds:g} s"
        self._abort()

    def _abort(self) -> None:
        assert self.transport is not None
        self.transport.abortConnection()

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._exchange is not None:
            self._exchange.finish(len(rest))
            self._release()
            self._used = True
        if rest and self._currentRequest is not None:
            # Bytes behind the end: the next answer on this connection could not be told from them.
            self._currentRequest.persistent = False
        super()._finishResponse(rest)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override] # noqa: N802 - Twisted's name
        if self._exchange is not None:
            self._exchange.lost = reason.value
        super().connectionLost(reason)
        self._release()

    def _release(self) -> None:
        self._exchange = None
        self.setTimeout(None)


class _CaptureFactory(_LenientHTTP11ClientFactory):
    def __init__(self, idle_seconds: float, quiescent: Any, metadata: str) -> None:
        super().__init__(quiescent, metadata)
        self._idle_seconds = idle_seconds

    def buildProtocol(self, addr: IAddress | None) -> CaptureProtocol:  # noqa: ARG002, N802 - Twisted's name
        return CaptureProtocol(self._quiescentCallback, self._idle_seconds)


class _Linked:
    """A connection that will carry one request, together with the exchange to write into."""

    __slots__ = ("_connection", "_exchange")

    def __init__(self, connection: Any, exchange: Exchange) -> None:
        self._connection = connection
        self._exchange = exchange

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        answer: Deferred[IResponse] = self._connection.request(TeedRequest.of(request, self._exchange))
        return answer


class CapturePool(HTTPConnectionPool):
    """Twisted's pool of connections, whose requests are teed. One for each handler."""

    def __init__(self, reactor: Any, idle_seconds: float) -> None:
        super().__init__(reactor, persistent=True)
        self._idle_seconds = idle_seconds
        self._factory: Any = partial(_CaptureFactory, idle_seconds)
        self._next: Exchange | None = None

    def expect(self, exchange: Exchange) -> None:
        """The next `getConnection` is for this exchange: Twisted's agent asks before it yields to anybody."""
        self._next = exchange

    def getConnection(self, key: Any, endpoint: IStreamClientEndpoint) -> Deferred[Any]:  # noqa: N802 - Twisted's name
        exchange, self._next = self._next, None
        assert exchange is not None
        return super().getConnection(key, endpoint).addCallback(_Linked, exchange)

    def _newConnection(self, key: Any, endpoint: IStreamClientEndpoint) -> Deferred[Any]:  # noqa: N802 - Twisted's name
        def late(_: object, seconds: float) -> None:
            raise TxTimeoutError(string=f"no connection within fetch.timeout_seconds = {seconds:g} s")

        connecting: Deferred[Any] = super()._newConnection(key, endpoint)
        return connecting.addTimeout(self._idle_seconds, self._reactor, onTimeoutCancel=late)


def _starts_answer(data: bytes) -> bool:
    """Whether the first bytes could be those of a status line (RFC 9112, section 4)."""
    return data.startswith(b"HTTP/"[: len(data)])


def tls_facts(transport: Any) -> TlsFacts:
    """What a TLS connection agreed on, once its handshake is over."""
    connection = transport.getHandle()
    certificate = transport.getPeerCertificate()
    digest = certificate.digest("sha256").replace(b":", b"").lower().decode("ascii") if certificate else ""
    return TlsFacts(connection.get_protocol_version_name(), connection.get_cipher_name() or "", digest)
