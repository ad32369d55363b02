"""Scrapy's side: gets bytes, politely, and records them."""
