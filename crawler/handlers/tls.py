"""Which certificates are believed: the system's authorities, and those of `fetch.truststore`.

Scrapy 2.19 verifies nothing unless told to, and can't be told of further authorities.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from OpenSSL import SSL
from scrapy.core.downloader.contextfactory import _ScrapyCertificateOptions
from twisted.internet._sslverify import ClientTLSOptions, IOpenSSLTrustRoot
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from pipelines.errors import ConfigError


@implementer(IOpenSSLTrustRoot)
class TrustRoot:
    """The system's certificate authorities and those of a PEM file ("" for none)."""

    def __init__(self, truststore: str) -> None:
        self._truststore = truststore

    def _addCACertsToContext(self, context: SSL.Context) -> None:  # noqa: N802 - the interface's name
        context.set_default_verify_paths()
        if self._truststore:
            context.load_verify_locations(self._truststore)


@implementer(IPolicyForHTTPS)
class VerifyingPolicy:
    """Certificates are verified, names too, against one `TrustRoot`. Raises `ConfigError` for a file that is no PEM."""

    def __init__(self, truststore: str = "") -> None:
        if truststore and not Path(truststore).is_file():
            raise ConfigError(f"fetch.truststore: no file {truststore!r}; give a PEM file of certificate authorities")
        # Scrapy's options let servers renegotiate the old way, as its own handler does; the check is the same.
        trust: Any = TrustRoot(truststore)  # zope's interfaces are no types to mypy
        self._options = _ScrapyCertificateOptions(trustRoot=trust, fixBrokenPeers=True)
        try:
            self._options.getContext()  # made once: reading the system's authorities takes milliseconds
        except SSL.Error as error:
            raise ConfigError(f"fetch.truststore: {truststore!r} holds no certificate in PEM form ({error})") from None

    def creatorForNetloc(self, hostname: bytes, port: int) -> ClientTLSOptions:  # noqa: ARG002, N802 - the interface's
        # What twisted.internet.ssl.optionsForClientTLS does, but with the context shared.
        return ClientTLSOptions(self._options._makeTLSConnection, hostname.decode("ascii"))  # noqa: SLF001 - see above
