"""Everything after the bytes: WARC records, derivation, storage. Imports nothing of ``crawler``."""
