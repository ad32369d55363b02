"""Scrapy extensions: the archive that a crawl writes to, its progress and its limits."""
