"""config/crawl.toml and config/sources.toml as Scrapy's settings: the one place where the two meet."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path

from scrapy.settings import BaseSettings

from crawler.handlers.tls import VerifyingPolicy
from pipelines import __version__, urls
from pipelines.config import Config, Source, load_config, load_sources
from pipelines.errors import ConfigError

PRIORITY = "project"


def config_folder(settings: BaseSettings) -> Path:
    """Where the config files are: setting CHRONICLE_CONFIG, else $WARCHRONICLE_CONFIG, else ./config."""
    return Path(settings.get("CHRONICLE_CONFIG") or os.environ.get("WARCHRONICLE_CONFIG") or "config")


def user_agent(config: Config) -> str:
    """Product, version and how to reach the operator (RFC 9110, section 10.1.5)."""
    contact = config.operator.contact
    return f"warchronicle/{__version__}" + (f" (+{contact})" if contact else "")


def _leaves_loopback(config: Config, sources: dict[str, Source]) -> bool:
    """Whether any request of this config could reach a machine that is not ours."""
    networks = config.networks
    if not networks or not all(network.is_loopback for network in networks):
        return True
    hosts = {urls.host_of(source.domain) for source in sources.values()}
    try:
        return not all(ip_address(host).is_loopback for host in hosts)
    except ValueError:
        return True


def require_contact(config: Config, folder: Path, sources: dict[str, Source]) -> None:
    """Raise `ConfigError` where outlets would be visited by somebody whom they can't reach."""
    if not config.operator.contact.strip() and _leaves_loopback(config, sources):
        raise ConfigError(
            f"{folder / 'crawl.toml'}: operator.contact is empty; a crawl that leaves this machine must say whom an "
            "outlet can write to. Put an e-mail address or a web page there"
        )


def read_config(settings: BaseSettings) -> tuple[Config, dict[str, Source]]:
    """Config and sources as a crawl needs them: whole, and fit to leave this machine with. Raises `ConfigError`."""
    folder = config_folder(settings)
    config = settings.get("CHRONICLE") or load_config(folder)
    sources = settings.get("CHRONICLE_SOURCES")
    if sources is None:
        sources = load_sources(folder) if (folder / "sources.toml").exists() else {}
    require_contact(config, folder, sources)
    VerifyingPolicy(config.fetch.truststore)  # a bad file is refused now, not at each request
    return config, sources


class ChronicleAddon:
    """Reads the config once and sets what Scrapy's parts read. Raises `ConfigError`."""

    def update_settings(self, settings: BaseSettings) -> None:
        config, sources = read_config(settings)
        fetch = config.fetch
        values: dict[str, object] = {
            "CHRONICLE": config,
            "CHRONICLE_SOURCES": sources,
            "USER_AGENT": user_agent(config),
            "CONCURRENT_REQUESTS": fetch.concurrent,
            "CONCURRENT_REQUESTS_PER_DOMAIN": fetch.per_host,
            "DOWNLOAD_DELAY": fetch.delay_seconds,
            "AUTOTHROTTLE_ENABLED": fetch.autothrottle,
            "AUTOTHROTTLE_START_DELAY": fetch.delay_seconds,
            "AUTOTHROTTLE_MAX_DELAY": max(60.0, fetch.delay_seconds),
            "AUTOTHROTTLE_TARGET_CONCURRENCY": float(fetch.per_host),
            "DOWNLOAD_TIMEOUT": fetch.total_seconds,
            "DOWNLOAD_MAXSIZE": fetch.decoded_max,  # of the decompressed body; the wire is bounded by the handler
            "REACTOR_THREADPOOL_MAXSIZE": 20,  # names are resolved there
            "DOWNLOAD_WARNSIZE": 0,
        }
        for name, value in values.items():
            settings.set(name, value, priority=PRIORITY)
        headers = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "*"}
        if config.operator.contact and "@" in config.operator.contact:
            headers["From"] = config.operator.contact  # RFC 9110, section 10.1.2: an e-mail address
        settings.set("DEFAULT_REQUEST_HEADERS", headers, priority=PRIORITY)
        # Slots named after hosts with a pace of their own.
        slots = {
            urls.host_of(source.domain): {"delay": source.delay_seconds, "concurrency": fetch.per_host}
            for source in sources.values()
            if source.delay_seconds is not None
        }
        settings.set("DOWNLOAD_SLOTS", slots, priority=PRIORITY)
