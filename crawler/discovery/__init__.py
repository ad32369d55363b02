"""Discovery: pure functions from the bytes of feeds, sitemaps, robots.txt and lists to the URLs that they name."""
