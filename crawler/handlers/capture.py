"""Scrapy's stock HTTP/1.1 handler, with every exchange recorded before its response or failure goes up.

- A body over `fetch.body_max` is fetched up to that many bytes as received, also where Content-Length
  says beforehand that it is longer; the response then carries the flag "truncated".
- A head over `fetch.header_max` fails the request; a silent or dripping server fails it with
  `DownloadTimeoutError` (`fetch.timeout_seconds`, `fetch.total_seconds`). What came is recorded all the same.
- A body cut short by the server is handed up as DOWNLOAD_FAIL_ON_DATALOSS says. Scrapy's default, a failure, loses
  nothing: each try is recorded, `request.meta["recorded"]` names the records, and a retry may bring the whole.
- Scrapy's DOWNLOAD_MAXSIZE is left to what decompresses; its check here would throw away what was received.
- An exchange of which no byte was sent (no address, no connection, no TLS) is no exchange and has no record.
- Proxies are refused: behind one, nobody could say which address is dialled.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urldefrag

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from scrapy.http import Response
from twisted.internet.error import ConnectionDone

from crawler import addresses
from crawler.handlers.exchange import Exchange, Limits
from crawler.handlers.recording import Recording
from crawler.handlers.tee import CapturePool
from crawler.handlers.tls import VerifyingPolicy
from crawler.refusals import Refused, outcome_of
from pipelines.config import Config
from pipelines.errors import ConfigError
from pipelines.model import Capture, Outcome, Role, Truncation


class CaptureHandler(HTTP11DownloadHandler):
    """Settings: CHRONICLE (`pipelines.config.Config`), and an extension that is a `Recording`.

    Reads `request.meta["found"]` and `["role"]`; appends a `Recorded` to `request.meta["recorded"]`.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # What is raised here Scrapy turns into "unsupported scheme" for every request; so it waits for the first.
        self._fault = ""
        config = crawler.settings.get("CHRONICLE")
        if not isinstance(config, Config):
            self._fault = "the setting CHRONICLE holds no config; enable crawler.addon.ChronicleAddon"
            config = Config()
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        self._limits = Limits.of(config)
        self._rules = addresses.Rules.of(config)
        pool = CapturePool(reactor, self._limits.idle_seconds)
        pool.maxPersistentPerHost = self._pool.maxPersistentPerHost
        self._pool: CapturePool = pool
        self._default_maxsize = 0
        if config.fetch.verify_tls:
            try:
                policy: Any = VerifyingPolicy(config.fetch.truststore)  # zope's interfaces are no types to mypy
                self._contextFactory = policy
            except ConfigError as error:
                self._fault = str(error)

    async def download_request(self, request: Request) -> Response:
        """Fetch and record. Raises what the stock handler raises, `Refused` for what we don't dial, `ConfigError`."""
        recording = self._recording()
        self._vet(request)
        exchange = Exchange(self._limits)
        try:
            response = await self._fetch(request, exchange)
        except BaseException as error:
            await self._record(recording, request, exchange, error)
            raise
        await self._record(recording, request, exchange, None)
        return response

    def _recording(self) -> Recording:
        if self._fault:
            raise ConfigError(self._fault)
        # The type is abstract: which extension it is, is nobody's business here.
        recording = self._crawler.get_extension(Recording)  # type: ignore[type-abstract]
        if recording is None:
            raise ConfigError("EXTENSIONS: no extension records exchanges; enable one that is a Recording")
        return recording

    def _vet(self, request: Request) -> None:
        if request.meta.get("proxy"):
            raise Refused(Outcome.BLOCKED_ADDRESS, "a proxy is set; behind it addresses can't be vetted")
        addresses.agree_on_host(request.url)
        addresses.guard(self._rules)

    async def _fetch(self, request: Request, exchange: Exchange) -> Response:
        total = self._limits.total_seconds
        request.meta["download_timeout"] = min(request.meta.get("download_timeout") or total, total)
        self._pool.expect(exchange)
        try:
            response = await super().download_request(request)
        except Exception as error:
            if exchange.cut is Truncation.TIME:
                raise DownloadTimeoutError(exchange.why) from error
            if exchange.cut is Truncation.LENGTH:
                raise DownloadFailedError(exchange.why) from error
            raise
        if exchange.cut is Truncation.TIME:  # a body without stated length: stock takes the end as it comes
            raise DownloadTimeoutError(exchange.why)
        return response

    async def _record(
        self, recording: Recording, request: Request, exchange: Exchange, error: BaseException | None
    ) -> None:
        sent = exchange.request
        if not sent or isinstance(error, GeneratorExit):  # the loop is gone: nothing can be awaited
            return
        interim, response = exchange.messages()
        capture = Capture(
            url=urldefrag(request.url)[0],
            started_at=exchange.started_at,
            request=sent,
            response=response,
            interim=interim,
            peer=exchange.peer,
            tls=exchange.tls,
            truncated=_truncation(exchange, error) if response else None,
            error=exchange.why or (outcome_of(error)[1] if error else ""),
            role=request.meta.get("role", Role.PAGE),
            found=request.meta.get("found"),
        )
        request.meta.setdefault("recorded", []).append(await recording.record(capture))


def _truncation(exchange: Exchange, error: BaseException | None) -> Truncation | None:
    """Why what was received is not the whole message; None if it is."""
    if exchange.cut is not None:
        return exchange.cut
    if isinstance(error, DownloadTimeoutError):
        return Truncation.TIME
    if exchange.finished:
        # Without a stated length the connection's end is the message's, unless it broke (RFC 9112, section 9.8).
        broke = exchange.lost is not None and not isinstance(exchange.lost, ConnectionDone)
        return Truncation.DISCONNECT if broke else None
    return Truncation.DISCONNECT if exchange.lost is not None else Truncation.UNSPECIFIED
