"""Everything after the bytes: WARC records, derivation, storage. Imports nothing of ``crawler``."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("warchronicle")
except PackageNotFoundError:  # a checkout that is run in place
    __version__ = "0.1.0"
