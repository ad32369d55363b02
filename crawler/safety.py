"""Scrapy's settings that a crawl of other people's sites must not leave at their defaults, each with its reason.

Read against scrapy/settings/default_settings.py of Scrapy 2.19. What a person may choose is in config/crawl.toml.
"""

from __future__ import annotations

from typing import Any

SAFE_SETTINGS: dict[str, Any] = {
    # -- nothing listens -----------------------------------------------------------------------------------------
    "TELNETCONSOLE_ENABLED": False,  # a Python prompt on a port; web pages reached it (Scrapy 1.5.2)
    "REMOTE_CONTROL_ENABLED": False,  # on by default in 2.19: runs code that is sent to a local socket
    # -- nothing of one site reaches another ---------------------------------------------------------------------
    "COOKIES_ENABLED": False,  # a session would make captures depend on each other; leaked in 2.6.0
    "REFERER_ENABLED": False,  # says where we come from; Referrer-Policy once named a Python callable (2.14.2)
    "REFERRER_POLICY": "no-referrer",  # should the middleware be switched on again
    "HTTPAUTH_USER": "",  # credentials went to every domain (CVE-2021-41125)
    "HTTPAUTH_PASS": "",
    "HTTPPROXY_ENABLED": False,  # $http_proxy would go round the address guard and into WARC-IP-Address
    # -- nothing is followed that did not go through scope, robots.txt and budget --------------------------------
    "REDIRECT_ENABLED": False,  # a redirect is a discovery with a row of its own; robots.txt follows its own
    "METAREFRESH_ENABLED": False,  # a page's markup is no answer of the server: derive reads it
    "ROBOTSTXT_OBEY": False,  # Scrapy's own allows everything when robots.txt can't be had; ours does not
    "ROBOTSTXT_USER_AGENT": "warchronicle",  # our product token (RFC 9309, section 2.2.1), for whoever asks
    "RETRY_ENABLED": False,  # Scrapy's own retries at once; ours pauses the host first
    # -- nothing is dropped without an outcome -------------------------------------------------------------------
    "DEPTH_LIMIT": 0,  # Scrapy drops what is deeper without a word; crawler.middlewares.budget counts it
    "URLLENGTH_LIMIT": 0,  # the same
    # -- nothing is read from or written to places beside the archive --------------------------------------------
    "HTTPCACHE_ENABLED": False,  # a cached answer is no capture
    "JOBDIR": None,  # loses its queue when killed; the ledger holds every URL's state
    "FEEDS": {},  # rows come from the catalog
    "AWS_ACCESS_KEY_ID": None,  # the s3: handler is off; no key needs to be near
    "AWS_SECRET_ACCESS_KEY": None,
    # -- pace is a promise ---------------------------------------------------------------------------------------
    "DOWNLOAD_DELAY_JITTER": 0,  # by default half the stated delay is possible
    "SCHEDULER_PRIORITY_QUEUE": "crawler.queues.HostQueue",  # a host that waits holds up no other
    # -- connections ---------------------------------------------------------------------------------------------
    "DOWNLOAD_VERIFY_CERTIFICATES": True,  # off by default
    "DOWNLOAD_TLS_MIN_VERSION": "TLSv1.2",
    "DNSCACHE_ENABLED": True,  # one look-up for a host; the address guard vets what is dialled
    # -- what comes back -----------------------------------------------------------------------------------------
    "DOWNLOAD_FAIL_ON_DATALOSS": True,  # a body that is not whole is never taken for a page
    "COMPRESSION_ENABLED": True,  # asks only for codings that can be undone; DOWNLOAD_MAXSIZE bounds the result
    # -- what people see -----------------------------------------------------------------------------------------
    "LOG_FORMATTER": "crawler.logformat.LineFormatter",  # a URL can't move the cursor or start a line of its own
    "LOG_STDOUT": False,  # stdout is for results
    "LOGSTATS_INTERVAL": 0,  # crawler.extensions.progress says more in one line
    "STATS_DUMP": False,  # a page of numbers after each cron run; run.json has them
}
