"""Download handlers: how bytes are fetched, and kept as they were on the wire."""
