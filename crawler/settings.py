"""A table of contents: which part stands where, and in what order. Numbers that people choose are in config/crawl.toml.

`crawler.addon.ChronicleAddon` turns config/crawl.toml into the settings that Scrapy's own parts read.
"""

from __future__ import annotations

from crawler.safety import SAFE_SETTINGS

BOT_NAME = "warchronicle"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"
ADDONS = {"crawler.addon.ChronicleAddon": 0}

# Only these two schemes can be fetched at all; both are captured byte by byte.
DOWNLOAD_HANDLERS = {
    "http": "crawler.handlers.capture.CaptureHandler",
    "https": "crawler.handlers.capture.CaptureHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
# Every address is vetted when it is dialled, at every hop.
TWISTED_DNS_RESOLVER = "crawler.addresses.VettingResolver"

EXTENSIONS = {
    "crawler.extensions.archive.ArchiveExtension": 0,  # first: everything else may ask for it
    "crawler.extensions.progress.Progress": 500,
    "crawler.extensions.budget.Budget": 510,
}

ITEM_PIPELINES = {"pipelines.item_pipeline.ChroniclePipeline": 300}

# From the spider (low) to the downloader (high). What refuses stands before what waits, so nothing waits for a request
# that is refused; what reads a host's answers stands below decompression, so that a broken body still counts.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # drops without an outcome; ours is scope
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # there are no credentials
    "crawler.middlewares.scope.ScopeMiddleware": 50,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "crawler.middlewares.budget.BudgetMiddleware": 110,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.inflate.InflateMiddleware": 590,
    "crawler.middlewares.pause.PauseMiddleware": 610,
    "crawler.middlewares.headers.SafeHeadersMiddleware": 890,
}

# The ledger says what was seen (pipelines/store/catalog.py), over all runs; this filter would forget.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

# Items are locators, handed on at once. Scrapy starts this many tasks for each response with an item; 100 by default.
CONCURRENT_ITEMS = 1

LOG_LEVEL = "INFO"
LOG_SHORT_NAMES = True
LOG_VERSIONS: list[str] = []  # warcinfo and run.json have them
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

for _name, _value in SAFE_SETTINGS.items():
    globals()[_name] = _value
