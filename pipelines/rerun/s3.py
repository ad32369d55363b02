"""Objects in S3 as sources. Imported only where somebody names s3://, since boto3 is an extra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipelines.store import objects
from pipelines.store.objects import Store, Stored


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object in S3: a WARC, or what holds or names some."""

    stored: Stored
    store: Store

    @property
    def name(self) -> str:
        return self.stored.address

    @property
    def size(self) -> int:
        return self.stored.size

    @property
    def path(self) -> None:
        return None

    @property
    def named(self) -> bool:
        return False

    def open(self) -> BinaryIO:
        return objects.open_object(self.store, self.stored)

    def digest(self) -> str:
        return f"etag:{self.stored.etag}"

    def places(self) -> None:
        return None


def stored(address: str, store: Store) -> Iterator[S3Object]:
    """The object of that very key, else all whose keys begin so. Raises `InputError`, `StorageError`."""
    for found in objects.objects(store, address):
        yield S3Object(found, store)
