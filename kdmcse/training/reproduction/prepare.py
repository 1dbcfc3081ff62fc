"""The published training data as it is -> a PairDataset and the cache of its teacher's vectors. Trains nothing.

    wiki1m_for_simcse.txt      one sentence a line
    flickr30k_ViT_L14.json     {image key: {"image": file name, "image_feat": [D numbers], "captions": [n texts], "lang_feat": [n x [D numbers]]}}
    train_coco_ViT_L14.json    the same, several GB
    stsb_dev.csv, stsb_test.csv, or SentEval/data/downstream/STS/STSBenchmark/sts-dev.csv, sts-test.csv here or one folder up

The feature file is streamed once, entry by entry. D teacher width.
"""

import datetime
import hashlib
import json
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from kdmcse.config import CORPORA
from kdmcse.data import PairDataset, list_datasets, splits
from kdmcse.data.columns import map_columns
from kdmcse.data.dataset import PAIR_COLUMNS
from kdmcse.data.importing import put_in_place
from kdmcse.data.problems import Problem, to_frame
from kdmcse.data.row_checks import MAX_TEXT_CHARACTERS, usable_rows
from kdmcse.data.tables import UNPRINTABLE, Table, clean, decode, load_table
from kdmcse.errors import UserError
from kdmcse.models import teacher_cache
from kdmcse.store.files import raise_if_disk_full, require_space, write_file, write_json
from kdmcse.store.workspace import Workspace

SENTENCES = "wiki1m_for_simcse.txt"

_VERSION = 1  # of how the files are understood; a new number reads them again
_READ_BYTES = 4 * 2**20
_LONGEST_ENTRY_BYTES = 64 * 2**20
_MOST_BRACES = 1_000
_ROWS_AT_ONCE = 4_096
_SENTENCES_AT_ONCE = 50_000
_SENTEVAL = Path("SentEval/data/downstream/STS/STSBenchmark")


def prepare(
    workspace: Workspace, corpus: str, folder: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> tuple[PairDataset, str]:
    """The dataset of a corpus of `config.CORPORA` and the reference of its teacher, whose vectors are all kept in the workspace.

    Reads the files in `folder` when they are new or changed, and else finds what was made of them. Everything is made aside and put in
    place whole: what a kill leaves is removed by the next call, which begins anew. `on_progress(done, total)` counts bytes
    of the feature file. UserError names the file, the image key and what to do.
    """
    files = _Files.find(corpus, Path(folder))
    with FileLock(workspace.teachers / ".reproduce.lock"):
        for left in (*workspace.teachers.glob(".reading-*"), *workspace.datasets.glob(".reproducing-*")):
            shutil.rmtree(left)
        dataset = _made_before(workspace, files) or _read(workspace, files, on_progress or (lambda done, total: None))
        return dataset, str(workspace.teachers / dataset.manifest["teacher"])


@dataclass(frozen=True)
class _Files:
    """Where the parts of a corpus lie."""

    corpus: str
    features: Path
    sentences: Path
    sts: dict[str, Path]
    """`dev`, and `test` where there is one"""

    @classmethod
    def find(cls, corpus: str, folder: Path) -> "_Files":
        """UserError when one is missing."""
        features, sentences = folder / CORPORA[corpus], folder / SENTENCES
        for path in (features, sentences):
            if not path.is_file():
                raise UserError("published_file_missing", file=path)
        sts = {}
        for split in ("dev", "test"):
            names = [f"{stem}{split}.{suffix}" for stem in ("stsb_", "stsb-", "sts-") for suffix in ("csv", "tsv")]
            places = [
                *(folder / name for name in names),
                *(up / _SENTEVAL / names[4] for up in (folder, folder.parent)),
            ]
            if found := next((path for path in places if path.is_file()), None):
                sts[split] = found
        if "dev" not in sts:
            raise UserError("published_file_missing", file=folder / "stsb_dev.csv")
        return cls(corpus, features, sentences, sts)

    def facts(self) -> dict:
        """By which files are known again: the large one by name, size and time, the others by their content."""
        stat = self.features.stat()
        small = {"sentences": self.sentences, **self.sts}
        return {
            "version": _VERSION,
            "features": {"name": self.features.name, "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns},
            **{kind: {"name": path.name, "sha256": _sha256(path)} for kind, path in small.items()},
        }


def _made_before(workspace: Workspace, files: _Files) -> PairDataset | None:
    """What was made of these very files, if all of it can still be read."""
    facts = files.facts()
    for dataset in list_datasets(workspace):
        if dataset.manifest.get("published") == facts:
            try:
                tables = (dataset.pairs, dataset.texts, dataset.sts, dataset.problems)
                vectors = len(teacher_cache.Shards(workspace.teachers / dataset.manifest["teacher"]))
            except UserError:  # damaged since then
                continue
            if vectors == dataset.manifest["vectors"] and all(table is not None for table in tables):
                return dataset
    return None


def _read(workspace: Workspace, files: _Files, report: Callable[[int, int], None]) -> PairDataset:
    facts = files.facts()
    size = files.features.stat().st_size
    require_space(workspace.path, size // 8 + 2 * files.sentences.stat().st_size + 2**20)
    with _aside(workspace.datasets, ".reproducing-") as made, _aside(workspace.teachers, ".reading-") as cache:
        (made / "objects").mkdir()
        problems: list[Problem] = []
        pairs, vectors, digest = _ingest(files.features, cache, problems, report)
        sts = _judgements(files.sts, problems)
        judged = {splits.text_key(text) for name in ("sentence1", "sentence2") for text in sts[name]}
        learnt = judged & set(map(splits.text_key, pairs["caption"]))
        fingerprint = hashlib.sha256(f"{files.corpus} {_VERSION} {digest}".encode())
        texts = 0

        def sentences(path: Path) -> None:
            nonlocal texts
            texts = _write_sentences(path, _sentences(files.sentences, problems), judged, learnt, fingerprint)

        write_file(made / "texts.parquet", sentences)
        unlearnt = [
            not {splits.text_key(a), splits.text_key(b)} & learnt
            for a, b in zip(sts["sentence1"], sts["sentence2"], strict=True)
        ]
        sts["dev"] = sts["split"] == "dev"
        sts["held_out"] = np.array(unlearnt, dtype=bool) & ~sts["dev"]
        fingerprint.update(sts.to_json(orient="split", force_ascii=False).encode())
        for name, frame in (("pairs", pairs), ("sts", sts), ("problems", to_frame(problems))):
            write_file(made / f"{name}.parquet", lambda path, frame=frame: frame.to_parquet(path, index=False))
        manifest = {
            "name": files.corpus,
            "fingerprint": fingerprint.hexdigest()[:16],
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "synthetic": False,
            "counts": _counts(pairs, sts, texts, problems),
            "files": [
                {"kind": "pairs", "name": files.features.name, "encoding": "utf-8", "rows": len(pairs)},
                {"kind": "texts", "name": files.sentences.name, "encoding": "utf-8", "rows": texts},
                *({"kind": "sts", "name": path.name, "rows": len(sts)} for path in files.sts.values()),
            ],
            "columns": {},
            "splits": {"method": "given", "version": splits.VERSION},
            "published": facts,
            "teacher": digest,
            "vectors": vectors,
        }
        write_json(made / "manifest.json", manifest)
        note = {"digest": digest, "ref": files.features.name, "published": facts["features"]}
        write_json(cache / "teacher.json", note)
        _replace(cache, workspace.teachers / digest)
        dataset = put_in_place(workspace, made, manifest)
        if dataset.manifest["published"] != facts:
            # The same content in files that were copied or touched: from now on it is known by these.
            dataset = PairDataset(dataset.folder, dataset.manifest | {"published": facts})
            write_json(dataset.folder / "manifest.json", dataset.manifest)
        return dataset


def _ingest(
    path: Path, cache: Path, problems: list[Problem], report: Callable[[int, int], None]
) -> tuple[pd.DataFrame, int, str]:
    """Write the vectors of the feature file into shards in `cache`; its pairs, the number of vectors and the teacher's digest."""
    columns: dict[str, list] = {name: [] for name in ("image", "image_name", "caption", "group")}
    stream = _Entries(path, report)
    rows = 0
    with teacher_cache.ShardWriter(teacher_cache.Shards(cache)) as writer:
        waiting: list[tuple[np.ndarray, np.ndarray]] = []

        def keep() -> None:
            writer.append(*map(np.concatenate, zip(*waiting, strict=True)))
            waiting.clear()

        for number, entry in enumerate(_checked(stream, path.name), 1):
            image = hashlib.sha256(f"published picture\0{path.name}\0{entry.key}".encode()).hexdigest()
            good = [_is_usable(caption, path.name, number, problems) for caption in entry.captions]
            captions = [caption for caption, is_good in zip(entry.captions, good, strict=True) if is_good]
            if not captions:
                continue
            keys = np.concatenate(
                [teacher_cache.content_keys("image", [image]), teacher_cache.content_keys("text", captions)]
            )
            waiting.append((keys, entry.vectors[[True, *good]]))
            rows += len(keys)
            columns["image"] += [image] * len(captions)
            columns["image_name"] += [entry.image] * len(captions)
            columns["caption"] += captions
            columns["group"] += [entry.key] * len(captions)
            if sum(len(keys) for keys, _ in waiting) >= _ROWS_AT_ONCE:
                keep()
        if waiting:
            keep()
    if not rows:
        raise UserError("published_empty", file=path)
    digest = hashlib.sha256(f"{_VERSION} {stream.sha256}".encode()).hexdigest()[:16]
    return _pairs(columns), rows, f"{path.stem}-{digest}"  # the name is what a reader sees of a teacher


def _pairs(columns: dict[str, list]) -> pd.DataFrame:
    pairs = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    pairs["pair"], pairs["split"], pairs["held_out"] = range(len(pairs)), "train", False
    pairs["duplicate_caption"] = pairs["caption"].map(splits.text_key).duplicated(keep=False)
    pairs["duplicate_image"] = pairs["image"].duplicated(keep=False)
    return pairs[list(PAIR_COLUMNS)].astype(PAIR_COLUMNS)


@dataclass(frozen=True)
class _Entry:
    """One picture. `vectors` (1 + n, D) float32: of the picture, then of its n captions."""

    key: str
    image: str
    captions: list[str]
    vectors: np.ndarray


def _checked(entries: Iterable[tuple[str, dict]], file: str) -> Iterator[_Entry]:
    """The entries with their vectors. UserError naming the file and the image key for the first that cannot be right."""
    seen: set[str] = set()
    width = None
    for key, value in entries:
        if key in seen:
            raise UserError("published_key_twice", file=file, key=key[:80])
        seen.add(key)
        for field in ("image_feat", "captions", "lang_feat"):
            if not isinstance(value.get(field), list):
                raise UserError("published_field_missing", file=file, key=key[:80], field=field)
        captions, found = value["captions"], len(value["lang_feat"])
        if found != len(captions):
            raise UserError("published_counts_differ", file=file, key=key[:80], captions=len(captions), vectors=found)
        if not all(isinstance(caption, str) for caption in captions):
            raise UserError("published_field_missing", file=file, key=key[:80], field="captions")
        vectors = [value["image_feat"], *value["lang_feat"]]
        widths = {len(vector) if isinstance(vector, list) else 0 for vector in vectors}
        width = width or max(widths)
        if widths != {width}:
            other = next(iter(widths - {width}))
            raise UserError("published_width_differs", file=file, key=key[:80], width=other, expected=width)
        try:
            with np.errstate(over="ignore"):  # becomes infinite, which is looked for
                numbers = np.array(vectors, dtype=np.float32)
            lengths = np.linalg.norm(numbers, axis=-1)
        except (TypeError, ValueError):  # words or lists where numbers belong
            lengths = np.zeros(1)
        if lengths.ndim != 1 or not np.isfinite(lengths).all() or not lengths.all():
            raise UserError("published_not_numbers", file=file, key=key[:80])
        image = value.get("image")
        yield _Entry(key, image if isinstance(image, str) and image else key, [clean(c) for c in captions], numbers)


class _Entries:
    """The (key, object) entries of one JSON object of any size; only one of them is in memory. `sha256` of the file at the end.

    An entry ends at the first `}` up to which it is valid JSON, so that the fast parser of the standard library reads it.
    """

    _STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)

    def __init__(self, path: Path, report: Callable[[int, int], None]) -> None:
        self._path, self._report, self._size = path, report, path.stat().st_size
        self._buffer, self._place, self._done = b"", 0, 0
        self._digest = hashlib.sha256()
        self._key = "–"

    @property
    def sha256(self) -> str:
        """Hex digits of what was read."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[tuple[str, dict]]:
        with self._path.open("rb") as self._file:
            self._report(0, self._size)
            self._take(b"{")
            if self._look() != b"}":
                yield self._entry()
                while self._look() == b",":
                    self._place += 1
                    yield self._entry()
            self._take(b"}")
            if self._look():
                raise self._unreadable("more follows after the end")

    def _entry(self) -> tuple[str, dict]:
        if self._look() not in (b'"', b""):
            raise self._unreadable("an image key was expected")
        while not (found := self._STRING.match(self._buffer, self._place)):
            if len(self._buffer) - self._place > _LONGEST_ENTRY_BYTES:
                raise self._unreadable("an image key does not end")
            self._fill()
        key = self._parsed(found[0])
        self._place = found.end()
        self._take(b":")
        self._key = key
        self._take(b"{")
        self._place -= 1
        return key, self._object()

    def _object(self) -> dict:
        length = 0
        for _ in range(_MOST_BRACES):  # a caption may hold braces
            while (end := self._buffer.find(b"}", self._place + length)) < 0:
                length = len(self._buffer) - self._place
                if length > _LONGEST_ENTRY_BYTES:
                    raise self._unreadable("it does not end")
                self._fill()
            length = end + 1 - self._place
            try:
                value = self._parsed(self._buffer[self._place : end + 1], cut=True)
            except _CutShort:
                continue
            self._place = end + 1
            return value
        raise self._unreadable("too many braces")

    def _parsed(self, text: bytes, cut: bool = False):
        try:
            return json.loads(text.decode("utf-8"), parse_constant=self._refuse)
        except json.JSONDecodeError as error:
            if cut and (error.msg.startswith("Unterminated string") or error.pos >= len(error.doc)):
                raise _CutShort from error
            raise self._unreadable(error.msg) from error
        except (ValueError, RecursionError) as error:  # no UTF-8, an endless number, nested too deeply
            raise self._unreadable(str(error)[:120]) from error

    def _refuse(self, constant: str) -> None:
        raise UserError("published_not_numbers", file=self._path.name, key=self._key[:80])

    def _look(self) -> bytes:
        """The next byte that is no white space, left in place; b"" at the end of the file."""
        while True:
            while self._place < len(self._buffer):
                byte = self._buffer[self._place : self._place + 1]
                if byte not in b" \t\r\n":
                    return byte
                self._place += 1
            if not self._fill(required=False):
                return b""

    def _take(self, byte: bytes) -> None:
        found = self._look()
        if not found:
            raise self._truncated()
        if found != byte:
            raise self._unreadable(f"{byte.decode()} was expected")
        self._place += 1

    def _fill(self, required: bool = True) -> bool:
        chunk = self._file.read(_READ_BYTES)
        if not chunk and required:
            raise self._truncated()
        self._digest.update(chunk)
        self._done += len(chunk)
        self._buffer, self._place = self._buffer[self._place :] + chunk, 0
        self._report(self._done, self._size)
        return bool(chunk)

    def _truncated(self) -> UserError:
        return UserError("published_truncated", file=self._path.name, key=self._key[:80], bytes=self._done)

    def _unreadable(self, reason: str) -> UserError:
        return UserError("published_unreadable", file=self._path.name, key=self._key[:80], reason=reason)


class _CutShort(Exception):
    """The JSON text breaks off; it may go on after the brace at its end."""


def _sentences(path: Path, problems: list[Problem]) -> Iterator[str]:
    """The usable lines, in the form in which all text is kept."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if (text := clean(line)) and _is_usable(text, path.name, number, problems):
                    yield text
    except UnicodeDecodeError as error:
        raise UserError("table_encoding_unknown", file=path.name) from error


def _is_usable(text: str, file: str, number: int, problems: list[Problem]) -> bool:
    if not text:
        problems.append(Problem(file, number, None, "text_missing"))
    elif len(text) > MAX_TEXT_CHARACTERS:
        fields = {"characters": len(text), "limit": MAX_TEXT_CHARACTERS}
        problems.append(Problem(file, number, None, "text_too_long", fields))
    elif UNPRINTABLE.search(text):
        problems.append(Problem(file, number, None, "text_unprintable"))
    else:
        return True
    return False


def _write_sentences(path: Path, sentences: Iterator[str], judged: set[str], learnt: set[str], fingerprint) -> int:
    """Write the column `text` and count it; adds to `learnt` what of `judged` is among it."""
    import itertools

    import pyarrow as pa
    import pyarrow.parquet as pq

    count, schema = 0, pa.schema([("text", pa.large_string())])
    with pq.ParquetWriter(path, schema) as writer:
        while chunk := list(itertools.islice(sentences, _SENTENCES_AT_ONCE)):
            writer.write_table(pa.table({"text": pa.array(chunk, pa.large_string())}, schema))
            learnt |= judged & set(map(splits.text_key, chunk))
            fingerprint.update("\n".join([*chunk, ""]).encode())
            count += len(chunk)
    return count


def _judgements(paths: dict[str, Path], problems: list[Problem]) -> pd.DataFrame:
    """row, sentence1, sentence2, score and split of the tables of judgements."""
    frames = []
    for split, path in paths.items():
        table = _benchmark_table(path) or load_table(path)
        columns = map_columns("sts", list(table.frame.columns), {"group": None, "split": None}, table.name)
        frame, found = usable_rows("sts", table, columns)
        problems += [*table.problems, *found]
        if frame.empty:
            raise UserError("table_empty", file=path.name)
        frames.append(frame.assign(split=pd.Series(split, index=frame.index, dtype="str")))
    return pd.concat(frames, ignore_index=True)


def _benchmark_table(path: Path) -> Table | None:
    """An STS benchmark file as it is published: no header, seven or more columns between tabs, no quotes. None where it is another table."""
    data = path.read_bytes()
    text, encoding = decode(data, path.name)
    lines = [line.split("\t") for line in text.split("\n") if line.strip()]
    if not lines or len(lines[0]) < 7 or not re.fullmatch(r"[\d.]+", lines[0][4]):
        return None
    good = {number: [clean(cells[i]) for i in (5, 6, 4)] for number, cells in enumerate(lines, 1) if len(cells) >= 7}
    problems = [
        Problem(path.name, number, None, "row_ragged", {"found": len(cells), "expected": 7})
        for number, cells in enumerate(lines, 1)
        if number not in good
    ]
    frame = pd.DataFrame.from_dict(good, orient="index", columns=["sentence1", "sentence2", "score"], dtype="str")
    return Table(path.name, frame.rename_axis("row"), problems, encoding, hashlib.sha256(data).hexdigest())


def _counts(pairs: pd.DataFrame, sts: pd.DataFrame, texts: int, problems: list[Problem]) -> dict:
    codes = Counter(problem.code for problem in problems)
    return {
        "pairs": len(pairs), "train": len(pairs), "dev": 0, "test": 0, "held_out_pairs": 0,
        "groups": pairs["group"].nunique(), "pictures": pairs["image"].nunique(), "unused_pictures": 0,
        "sts": len(sts), "sts_usable": int(sts["held_out"].sum()), "sts_dev": int(sts["dev"].sum()),
        "decisions": 0, "decisions_usable": 0, "texts": texts,
        "problems": len(problems), "problems_by_code": dict(codes.most_common()),
    }  # fmt: skip


@contextmanager
def _aside(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder that is gone afterwards unless it was renamed."""
    folder = parent / f"{prefix}{secrets.token_hex(8)}"
    folder.mkdir()
    try:
        yield folder
    except OSError as error:
        raise_if_disk_full(error, folder)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _replace(made: Path, folder: Path) -> None:
    """Put a cache in place; the one that was there is of the same vectors, but may be damaged."""
    if folder.exists():
        leaving = folder.with_name(f".reading-{secrets.token_hex(8)}")
        folder.rename(leaving)
        made.rename(folder)
        shutil.rmtree(leaving)
    else:
        made.rename(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
