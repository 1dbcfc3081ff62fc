"""An uploaded table -> rows of text, or problems by row. Knows file formats and encodings, not what the columns mean.

Every cell is text: `NA`, `null` and `001` stay what they were. Cells are in Unicode NFC without outer white space.
"""

import csv
import hashlib
import io
import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kdmcse.data.problems import Problem
from kdmcse.data.workbooks import parquet_records, xlsx_records
from kdmcse.errors import Reason, Reasons, UserError, first_line

MAX_FILE_BYTES = 512 * 2**20
MAX_TEXT_CHARACTERS = 256 * 2**20
"""characters of all cells of one table: a small Parquet or XLSX file can hold far more than its size"""
MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
_HEAD_BYTES = 2**20
"""of a text file, in which its first rows are looked for"""
_HEAD_OF_WORKBOOK = 32 * 2**20
"""bytes unpacked: a workbook keeps the texts of all its rows in one place, which is read before the first row"""

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

Record = tuple[int, list[str]] | Problem
"""Row number with its cells, or what is wrong with that row. The first list of cells is the header."""


@dataclass(frozen=True)
class Table:
    """A file that was read. `frame` holds text only; its index is the row number in the file."""

    name: str
    frame: pd.DataFrame
    problems: list[Problem]
    encoding: str
    sha256: str


def read_table(path: Path) -> pd.DataFrame:
    """The readable rows, all columns as text, indexed by row number in the file. UserError: see `load_table`."""
    return load_table(path).frame


def load_table(path: Path) -> Table:
    """Read CSV, TSV, JSONL, Parquet, XLSX, or TXT (a column `text`, one sentence a line).

    UserError `file_is_folder`, `file_missing`, `table_format_unknown`, `table_too_large`, `table_encoding_unknown`, `table_unreadable`,
    `table_blank`, `table_empty`, `no_rows_left` or `headers_twice`.
    """
    path = Path(path)
    read = _format_of(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError("table_unreadable", file=path.name, reason=error.strerror) from error
    encoding, records = read(data, path.name)
    frame, problems = _collect(records, path.name)
    return Table(path.name, frame, problems, encoding, hashlib.sha256(data).hexdigest())


def read_head(path: Path, rows: int) -> pd.DataFrame:
    """As `read_table`, of the first rows alone: no more of the file is read than they take.

    UserError as `load_table`, and `table_head_too_large` for a workbook that would have to be read whole to show its beginning.
    """
    path = Path(path)
    read, kind = _format_of(path), path.suffix.lower()
    try:
        if kind == ".parquet":
            limits = {"max_rows": MAX_ROWS, "max_characters": MAX_TEXT_CHARACTERS, "batch_rows": rows}
            records = _guarded(parquet_records(path, path.name, **limits), path.name, _too_large(path.name))
        elif kind == ".xlsx":
            limits = {"max_rows": MAX_ROWS, "max_characters": _HEAD_OF_WORKBOOK}
            too_large = UserError("table_head_too_large", file=path.name)
            records = _guarded(xlsx_records(path, path.name, **limits), path.name, too_large)
        else:
            with path.open("rb") as file:
                _, records = read(_whole_lines(file.read(_HEAD_BYTES + 1)), path.name)
        readable = (record for record in records if not isinstance(record, Problem))
        return _collect(itertools.islice(readable, rows + 1), path.name)[0]
    except OSError as error:
        raise UserError("table_unreadable", file=path.name, reason=error.strerror) from error


def _whole_lines(data: bytes) -> bytes:
    """The beginning of a text without the line that it breaks off in."""
    if len(data) <= _HEAD_BYTES:
        return data
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        ends = range(len(data) // 2 * 2 - 2, 2, -2)
        end = next((place for place in ends if data[place : place + 2] in (b"\n\0", b"\0\n")), 0)
        return data[: end + 2]
    return data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]


def clean(text: str) -> str:
    """The form in which all text is kept and compared: Unicode NFC, no white space around it."""
    return unicodedata.normalize("NFC", text).strip()


def decode(data: bytes, file: str) -> tuple[str, str]:
    """Text and its encoding: a byte order mark decides, else UTF-8, else CP932. UserError when none fits."""
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = [encoding for mark, encoding in marks.items() if data.startswith(mark)]
    for encoding in marked or ["utf-8", "cp932"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text.partition("\n")[0]:  # UTF-16 without its mark, or no text at all
            break
        return text, encoding
    raise UserError("table_encoding_unknown", file=file)


def _format_of(path: Path) -> Callable:
    """What reads a file of that name, which is there and not too large."""
    if path.is_dir():
        raise UserError("file_is_folder", file=path)
    read = _FORMATS.get(path.suffix.lower())
    if read is None:
        raise UserError("table_format_unknown", file=path.name, known=tuple(f[1:].upper() for f in _FORMATS))
    if not path.is_file():
        raise UserError("file_missing", file=path)
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _too_large(path.name)
    return read


def _collect(records: Iterator[Record], file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Check the records against the header (the first that is not blank) and the size limits."""
    headers: list[str] | None = None
    numbers, rows, problems, characters = [], [], [], 0
    for record in records:
        if isinstance(record, Problem):
            problems.append(record)
            continue
        number, cells = record
        cells = [clean(cell) for cell in cells]
        characters += sum(map(len, cells))
        if not any(cells):
            continue
        if headers is None:
            headers = _headers(cells, file)
        elif len(cells) != len(headers):
            fields = {"found": len(cells), "expected": len(headers)}
            problems.append(Problem(file, number, None, "row_ragged", fields))
        elif bad := next((h for h, cell in zip(headers, cells, strict=True) if UNPRINTABLE.search(cell)), None):
            problems.append(Problem(file, number, bad, "text_unprintable", {}))
        else:
            numbers.append(number)
            rows.append(cells)
        if characters > MAX_TEXT_CHARACTERS or len(rows) > MAX_ROWS:
            raise _too_large(file)
    if headers is None and problems:
        reason = Reason(f"data.problems.{problems[0].code}", problems[0].fields)
        raise UserError("no_rows_left", file=file, rows=len(problems), reasons=Reasons((reason,)))
    if headers is None:
        raise UserError("table_blank", file=file)
    if not (rows or problems):
        raise UserError("table_empty", file=file)
    names = [header or f"column {place}" for place, header in enumerate(headers, 1)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError("headers_twice", file=file, header=twice)
    frame = pd.DataFrame(rows, columns=names, index=pd.Index(numbers, name="row", dtype="int64"), dtype="str")
    nameless = [name for name, header in zip(names, headers, strict=True) if not header]
    return frame.drop(columns=[name for name in nameless if not frame[name].any()]), problems


def _headers(cells: list[str], file: str) -> list[str]:
    if len(cells) > MAX_COLUMNS:
        raise UserError("table_too_wide", file=file, columns=len(cells), limit=MAX_COLUMNS)
    if bad := next((cell for cell in cells if UNPRINTABLE.search(cell)), None):
        raise UserError("table_unreadable", file=file, reason=ascii(bad[:40]))
    return cells


def _too_large(file: str) -> UserError:
    return UserError("table_too_large", file=file, limit_mb=MAX_TEXT_CHARACTERS // 2**20, limit_rows=MAX_ROWS)


def _read_delimited(data: bytes, file: str) -> tuple[str, Iterator[Record]]:
    text, encoding = decode(data, file)
    return encoding, _delimited_records(text, file)


def _delimited_records(text: str, file: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if number == 1:
                raise UserError("table_unreadable", file=file, reason=error) from error
            unclosed = "unexpected end of data" in str(error)
            code, fields = ("quote_unclosed", {}) if unclosed else ("row_unreadable", {"reason": str(error)})
            yield Problem(file, number, None, code, fields)


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab: the one that cuts the header into the most columns."""

    def columns(delimiter: str) -> int:
        try:
            return len(next(filter(any, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), []))
        except csv.Error:
            return 0

    return max(",;\t", key=columns)


def _read_lines(data: bytes, file: str) -> tuple[str, Iterator[Record]]:
    text, encoding = decode(data, file)
    if not text.strip():
        raise UserError("table_blank", file=file)
    lines = io.StringIO(text, newline=None)
    return encoding, iter([(0, ["text"]), *((number, [line]) for number, line in enumerate(lines, 1))])


def _read_jsonl(data: bytes, file: str) -> tuple[str, Iterator[Record]]:
    text, encoding = decode(data, file)
    rows, problems, headers = [], [], {}
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if not line.strip():
            continue
        try:
            row = _json_row(line)
        except RecursionError:
            problems.append(Problem(file, number, None, "json_unreadable", {"reason": "nested too deeply"}))
        except ValueError as error:
            problems.append(Problem(file, number, None, "json_unreadable", {"reason": str(error)}))
        else:
            headers.update(dict.fromkeys(row))
            rows.append((number, row))
            if len(headers) > MAX_COLUMNS or len(rows) * len(headers) > 20 * MAX_ROWS:
                raise UserError("table_too_wide", file=file, columns=len(headers), limit=MAX_COLUMNS)
    lists = ((number, [row.get(header, "") for header in headers]) for number, row in rows)
    return encoding, iter([*problems, (0, list(headers)), *lists] if headers else problems)


def _json_row(line: str) -> dict[str, str]:
    """One object with plain values, as text just as it is written. ValueError for all else."""

    def once(pairs: list[tuple]) -> dict:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not a JSON value")

    row = json.loads(line, parse_int=str, parse_float=str, parse_constant=refuse, object_pairs_hook=once)
    if not isinstance(row, dict):
        raise ValueError("not an object")
    for key, value in row.items():
        if isinstance(value, (list, dict)):
            raise ValueError(f"{key} is not a plain value")
    words = {None: "", True: "true", False: "false"}
    return {clean(key): value if isinstance(value, str) else words[value] for key, value in row.items()}


def _binary(name: str, records: Callable[..., Iterator[Record]]) -> Callable:
    def read(data: bytes, file: str) -> tuple[str, Iterator[Record]]:
        limits = {"max_rows": MAX_ROWS, "max_characters": MAX_TEXT_CHARACTERS}
        return name, _guarded(records(data, file, **limits), file, _too_large(file))

    return read


def _guarded(records: Iterator[Record], file: str, too_large: UserError) -> Iterator[Record]:
    """The same, with every way in which the parsers fail on damaged bytes as one that a person can read."""
    try:
        yield from records
    except OverflowError as error:
        raise too_large from error
    except Exception as error:
        raise UserError("table_unreadable", file=file, reason=first_line(error)) from error


_FORMATS: dict[str, Callable[[bytes, str], tuple[str, Iterator[Record]]]] = {
    ".csv": _read_delimited,
    ".tsv": _read_delimited,
    ".jsonl": _read_jsonl,
    ".parquet": _binary("parquet", parquet_records),
    ".xlsx": _binary("xlsx", xlsx_records),
    ".txt": _read_lines,
}
