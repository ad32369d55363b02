"""The catalog's table of visits: when a feed or sitemap was last read, and what to ask with next time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.dialects.sqlite import insert

from pipelines.store.catalog_engine import Database
from pipelines.store.catalog_rows import key_of
from pipelines.store.catalog_schema import Visit, visits

_VISIT = insert(visits)
_VISITED = _VISIT.on_conflict_do_update(
    index_elements=[visits.c.url_key],
    set_={
        "at": _VISIT.excluded.at,
        "status": _VISIT.excluded.status,
        # Validators belong to the last body we got: a 304 may leave them out, an error has none.
        "etag": case(
            (_VISIT.excluded.status.between(200, 299) | (_VISIT.excluded.etag != ""), _VISIT.excluded.etag),
            else_=visits.c.etag,
        ),
        "last_modified": case(
            (
                _VISIT.excluded.status.between(200, 299) | (_VISIT.excluded.last_modified != ""),
                _VISIT.excluded.last_modified,
            ),
            else_=visits.c.last_modified,
        ),
    },
)


class VisitTable(Database):
    """One row for each feed or sitemap, its last visit."""

    def visit(self, url: str) -> Visit | None:
        """The last visit to a feed or sitemap."""
        with self._read() as connection:
            row = connection.execute(select(visits).where(visits.c.url_key == key_of(url))).first()
        return None if row is None else Visit(row.url, row.at, row.status, row.etag, row.last_modified)

    def visited(self, url: str, at: datetime, status: int, etag: str = "", last_modified: str = "") -> None:
        """Note a visit. Validators of the last good answer outlive errors and bare 304s."""
        with self._write() as connection:
            connection.execute(
                _VISITED,
                {
                    "url_key": key_of(url),
                    "url": url,
                    "at": at,
                    "status": status,
                    "etag": etag,
                    "last_modified": last_modified,
                },
            )
