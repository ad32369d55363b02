"""Parquet: typed columns, dictionaries where values repeat, zstd, and row groups of a bounded size.

The one door to pyarrow, which comes with the extra `parquet`. The same rows give the same bytes with the same pyarrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

import orjson

from pipelines.errors import InputError, OperatorError
from pipelines.export.columns import Column, Fields, values
from pipelines.export.values import Row

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    raise OperatorError("Parquet needs pyarrow, which is not installed: pip install 'warchronicle[parquet]'") from error

GROUP_BYTES: Final = 32 << 20  # of a row group, uncompressed in memory
GROUP_ROWS: Final = 50_000
_BATCH_ROWS: Final = 256  # rows held as Python objects
_BATCH_BYTES: Final = 4 << 20  # of their lines
_LEVEL: Final = 3  # of zstd
_REPEATED_IN_BLOCKS: Final = ("kind", "removal", "rule")

_TYPES: Final[dict[str, Any]] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "list<string>": pa.list_(pa.string()),
}


@contextmanager
def writing(file: IO[bytes], columns: Sequence[Column]) -> Iterator[ParquetWriter]:
    """A writer into a binary file, which stays open; the footer is written at the end."""
    writer = ParquetWriter(file, columns)
    try:
        yield writer
        writer.close()
    except BaseException:
        with suppress(OSError, pa.ArrowException):  # pyarrow would do it later, when the file is gone
            writer.abandon()
        raise


class ParquetWriter:
    """Writes rows into a binary file. Call `close`, or the file has no footer."""

    def __init__(
        self,
        file: IO[bytes],
        columns: Sequence[Column],
        *,
        group_bytes: int = GROUP_BYTES,
        group_rows: int = GROUP_ROWS,
    ) -> None:
        self._columns = columns
        self._schema = schema(columns)
        self._group_bytes = group_bytes
        self._group_rows = group_rows
        self._rows: list[list[object]] = []
        self._bytes = 0
        self._batches: list[Any] = []
        self._made_by: Counter[bytes] = Counter()
        self._writer = pq.ParquetWriter(
            file,
            self._schema,
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=_dictionaries(columns),
            write_statistics=[column.name for column in columns if column.flat and column.name != "text"],
        )

    def write(self, row: Row, line: bytes = b"") -> None:
        """Add a row, whose JSON is `line`. Raises `InputError` for a value of a wrong type."""
        self._rows.append(values(row, self._columns))
        self._made_by[_processing(row)] += 1
        self._bytes += len(line)
        if len(self._rows) >= _BATCH_ROWS or self._bytes >= _BATCH_BYTES:
            self._pack()
            if (
                sum(batch.nbytes for batch in self._batches) >= self._group_bytes
                or sum(batch.num_rows for batch in self._batches) >= self._group_rows
            ):
                self._write_group()

    def close(self) -> None:
        """Write what waits, and the footer with what made the rows."""
        self._pack()
        self._write_group()
        made_by = [{**orjson.loads(facts), "rows": count} for facts, count in sorted(self._made_by.items())]
        self._writer.add_key_value_metadata({"warchronicle.processing": orjson.dumps(made_by).decode()})
        self._writer.close()

    def abandon(self) -> None:
        """Let go of the file, which nobody will read."""
        self._rows, self._batches = [], []
        self._writer.close()

    def _pack(self) -> None:
        """Python objects to Arrow's arrays, which take a fifth of the room."""
        if not self._rows:
            return
        arrays = []
        for field, column_values in zip(self._schema, zip(*self._rows, strict=True), strict=True):
            try:
                arrays.append(pa.array(column_values, type=field.type))
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError) as error:
                raise InputError(f"column {field.name}: {error}; are these rows of ours?") from error
        self._batches.append(pa.record_batch(arrays, schema=self._schema))
        self._rows, self._bytes = [], 0

    def _write_group(self) -> None:
        if self._batches:
            table = pa.Table.from_batches(self._batches, self._schema)
            self._writer.write_table(table, row_group_size=table.num_rows)
            self._batches = []


def schema(columns: Sequence[Column]) -> Any:
    """The Arrow schema: a `description` of each field, and all of them as `warchronicle.columns`, for other readers."""
    fields = [pa.field(column.name, _type(column), metadata={"description": column.meaning}) for column in columns]
    meanings = orjson.dumps({column.name: column.meaning for column in columns}).decode()
    return pa.schema(fields, metadata={"warchronicle.columns": meanings})


def _type(column: Column) -> Any:
    if column.flat:
        return _TYPES[column.type]
    struct = _struct(column.fields)
    return pa.list_(struct) if column.type == "list<struct>" else struct


def _struct(fields: Fields) -> Any:
    return pa.struct([(name, _TYPES[kind] if isinstance(kind, str) else _struct(kind)) for name, kind in fields])


def _dictionaries(columns: Sequence[Column]) -> list[str]:
    """Paths of the leaves that get a dictionary."""
    found = [column.name for column in columns if column.repeats]
    for column in columns:
        if column.name == "blocks":
            found += [f"blocks.list.element.{name}" for name in _REPEATED_IN_BLOCKS]
        elif column.name.endswith("_evidence") and column.fields:
            inner = ".list.element" if column.type == "list<struct>" else ""
            found += [f"{column.name}{inner}.{name}" for name in ("source", "note")]
    return found


def _processing(row: Row) -> bytes:
    """What made a row, but for the run, which is a column."""
    processing = row.get("processing")
    facts = {name: value for name, value in processing.items() if name != "run"} if isinstance(processing, dict) else {}
    return orjson.dumps(facts)
