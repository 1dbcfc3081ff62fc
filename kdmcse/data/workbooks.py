"""Parquet and XLSX bytes -> records of text cells, within a budget: a small file of either can hold gigabytes.

Both read piece by piece and raise OverflowError as soon as the budget is spent; any other error: a broken file.
"""

import datetime
import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kdmcse.data.problems import Problem

_BATCH_ROWS = 16_384
_MAX_CELLS = 40_000_000
_THRIFT_LIMIT = 16 * 2**20


def parquet_records(
    data: bytes | Path, file: str, *, max_rows: int, max_characters: int, batch_rows: int = _BATCH_ROWS
) -> Iterator[tuple[int, list[str]] | Problem]:
    """The header, then each row; a problem for each column that does not hold plain values.

    data: the file, or where it is: then no more of it is read than is asked for.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    limits = {"thrift_string_size_limit": _THRIFT_LIMIT, "thrift_container_size_limit": _THRIFT_LIMIT}
    checks = {"page_checksum_verification": True, "arrow_extensions_enabled": False}
    source = pa.memory_map(str(data)) if isinstance(data, Path) else pa.BufferReader(data)
    names = [f.name for f in pq.ParquetFile(source, **limits, **checks).schema_arrow if _is_text(f.type)]
    # Text stays a dictionary until it is counted: one long caption repeated a million times costs one caption.
    parquet = pq.ParquetFile(source, read_dictionary=names, **limits, **checks)
    groups = [parquet.metadata.row_group(i) for i in range(parquet.metadata.num_row_groups)]
    if parquet.metadata.num_rows > max_rows or sum(g.total_byte_size for g in groups) > 4 * max_characters:
        raise OverflowError
    plain = [f.name for f in parquet.schema_arrow if _is_plain(f.type)]
    for field in parquet.schema_arrow:
        if field.name not in plain:
            yield Problem(file, None, field.name, "column_left_out", {"type": str(field.type)})
    yield 1, plain
    number, characters = 1, 0
    for batch in parquet.iter_batches(batch_size=batch_rows, columns=plain):
        batch.validate(full=True)
        characters += sum(_characters(column) for column in batch.columns)
        if characters > max_characters or len(plain) * (number + len(batch)) > _MAX_CELLS:
            raise OverflowError
        for cells in zip(*(_texts(column) for column in batch.columns), strict=True):
            number += 1
            yield number, list(cells)


def _is_text(kind) -> bool:
    import pyarrow.types as types

    return types.is_string(kind) or types.is_large_string(kind)


def _is_plain(kind) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind)
    return number or _is_text(kind) or types.is_temporal(kind) or types.is_null(kind)


def _characters(column) -> int:
    """Bytes of text that the column holds once written out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary).cast(pa.int64())
        return pc.sum(lengths.take(column.indices)).as_py() or 0
    return 8 * len(column)


def _texts(column) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return [_text(value) for value in column.to_pylist()]
    used = pc.unique(column.indices.drop_null())
    words = dict(zip(used.to_pylist(), column.dictionary.take(used).to_pylist(), strict=True))
    return [words[index] or "" if index is not None else "" for index in column.indices.to_pylist()]


def xlsx_records(
    data: bytes | Path, file: str, *, max_rows: int, max_characters: int
) -> Iterator[tuple[int, list[str]] | Problem]:
    """The rows of the first sheet; cells to the right of the header's last cell count only when they hold something."""
    import openpyxl

    source = data if isinstance(data, Path) else io.BytesIO(data)
    with zipfile.ZipFile(source) as archive:  # no member yields more than the size it declares
        if sum(member.file_size for member in archive.infolist()) > max_characters:
            raise OverflowError
    book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
    with closing(book):
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the sheet says of its own size may be wrong
        width, cells_seen, characters = 0, 0, 0
        for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [_text(value) for value in values]
            while len(cells) > width and not cells[-1]:
                cells.pop()
            width = width or len(cells)
            cells_seen += len(cells)
            characters += sum(map(len, cells))
            if number > max_rows or cells_seen > _MAX_CELLS or characters > max_characters:
                raise OverflowError
            yield number, cells + [""] * (width - len(cells))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)
