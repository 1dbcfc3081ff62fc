"""The published training data as it is -> a PairDataset and the cache of its teacher's vectors. Trains nothing."""

import hashlib
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from kdmcse.data import PairDataset, list_datasets, splits
from kdmcse.data.dataset import PAIR_COLUMNS, SAME_WORDS
from kdmcse.data.importing import put_in_place
from kdmcse.data.problems import Problem, to_frame
from kdmcse.errors import UserError
from kdmcse.models import teacher_cache
from kdmcse.store.files import raise_if_disk_full, replace_folder, require_space, sweep, write_file, write_json
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction.corpus_files import VERSION, CorpusFiles, is_usable, read_judgements, read_sentences
from kdmcse.training.reproduction.feature_file import FeatureFile, checked_entries

_ROWS_AT_ONCE = 4_096
_SENTENCES_AT_ONCE = 50_000


@dataclass(frozen=True)
class PublishedData:
    """The published files as they are kept in a workspace."""

    dataset: PairDataset
    teacher: str
    """the reference of its teacher, whose vectors are all kept"""


def prepare(
    workspace: Workspace, corpus: str, folder: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> PublishedData:
    """The dataset and the teacher of a corpus of `settings.CORPORA`.

    Reads the files in `folder` when they are new or changed, and else finds what was made of them. Everything is made in temporary folders
    and put in place whole: what a kill leaves is removed by the next call, which begins anew. `on_progress(done, total)` counts bytes
    of the feature file. UserError names the file, the image key and what to do.
    """
    files = CorpusFiles.find(corpus, Path(folder))
    with FileLock(workspace.teachers / ".reproduce.lock"):
        for left in (*workspace.teachers.glob(".reading-*"), *workspace.datasets.glob(".reproducing-*")):
            shutil.rmtree(left)
        sweep(workspace.teachers, files=False)
        dataset = _made_before(workspace, files) or _read(workspace, files, on_progress or (lambda done, total: None))
        return PublishedData(dataset, str(workspace.teachers / dataset.manifest["teacher"]))


def _made_before(workspace: Workspace, files: CorpusFiles) -> PairDataset | None:
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


def _read(workspace: Workspace, files: CorpusFiles, report: Callable[[int, int], None]) -> PairDataset:
    facts = files.facts()
    size = files.features.stat().st_size
    require_space(workspace.path, size // 8 + 2 * files.sentences.stat().st_size + 2**20)
    with (
        _temporary_folder(workspace.datasets, ".reproducing-") as made,
        _temporary_folder(workspace.teachers, ".reading-") as cache,
    ):
        (made / "objects").mkdir()
        problems: list[Problem] = []
        features = _ingest(files.features, cache, problems, report)
        pairs = features.pairs
        sts = read_judgements(files.sts, problems)
        judged = {splits.text_key(text) for name in ("sentence1", "sentence2") for text in sts[name]}
        learnt = judged & set(map(splits.text_key, pairs["caption"]))
        fingerprint = hashlib.sha256(f"{files.corpus} {VERSION} {features.digest}".encode())
        texts = 0

        def sentences(path: Path) -> None:
            nonlocal texts
            texts = _write_sentences(path, read_sentences(files.sentences, problems), judged, learnt, fingerprint)

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
            "created": now_as_stored("milliseconds"),
            "synthetic": False,
            "counts": _counts(pairs, sts, texts, problems),
            "files": [
                {"kind": "pairs", "name": files.features.name, "encoding": "utf-8", "rows": len(pairs)},
                {"kind": "texts", "name": files.sentences.name, "encoding": "utf-8", "rows": texts},
                *({"kind": "sts", "name": path.name, "rows": len(sts)} for path in files.sts.values()),
            ],
            "columns": {},
            "splits": {"method": "given", "version": splits.VERSION},
            "same_words": SAME_WORDS,
            "published": facts,
            "teacher": features.digest,
            "vectors": features.vectors,
        }
        write_json(made / "manifest.json", manifest)
        note = {"digest": features.digest, "ref": files.features.name, "published": facts["features"]}
        write_json(cache / "teacher.json", note)
        replace_folder(
            cache, workspace.teachers / features.digest
        )  # the one there is of the same vectors, but may be damaged
        dataset = put_in_place(workspace, made, manifest)
        if dataset.manifest["published"] != facts:
            # The same content in files that were copied or touched: from now on it is known by these.
            dataset = PairDataset(dataset.folder, dataset.manifest | {"published": facts})
            write_json(dataset.folder / "manifest.json", dataset.manifest)
        return dataset


@dataclass(frozen=True)
class _Features:
    """What a feature file holds."""

    pairs: pd.DataFrame
    vectors: int
    """how many were written"""
    digest: str
    """of the teacher; the folder of its vectors"""


def _ingest(path: Path, cache: Path, problems: list[Problem], report: Callable[[int, int], None]) -> _Features:
    """Read the feature file and write its vectors into shards in `cache`."""
    columns: dict[str, list] = {name: [] for name in ("image", "image_name", "caption", "group")}
    stream = FeatureFile(path, report)
    rows = 0
    with teacher_cache.ShardWriter(teacher_cache.Shards(cache)) as writer:
        waiting: list[tuple[np.ndarray, np.ndarray]] = []

        def keep() -> None:
            writer.append(*map(np.concatenate, zip(*waiting, strict=True)))
            waiting.clear()

        for number, entry in enumerate(checked_entries(stream, path.name), 1):
            image = hashlib.sha256(f"published picture\0{path.name}\0{entry.key}".encode()).hexdigest()
            good = [is_usable(caption, path.name, number, problems) for caption in entry.captions]
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
    digest = hashlib.sha256(f"{VERSION} {stream.sha256}".encode()).hexdigest()[:16]
    return _Features(_pairs(columns), rows, f"{path.stem}-{digest}")  # the name is what a reader sees of a teacher


def _pairs(columns: dict[str, list]) -> pd.DataFrame:
    pairs = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    pairs["pair"], pairs["split"], pairs["held_out"] = range(len(pairs)), "train", False
    pairs["duplicate_caption"] = pairs["caption"].map(splits.text_key).duplicated(keep=False)
    pairs["duplicate_image"] = pairs["image"].duplicated(keep=False)
    return pairs[list(PAIR_COLUMNS)].astype(PAIR_COLUMNS)


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
def _temporary_folder(parent: Path, prefix: str) -> Iterator[Path]:
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
