"""The files of a published corpus: where they lie, by what they are recognised, and what their sentences and judgements say.

wiki1m_for_simcse.txt      one sentence a line
flickr30k_ViT_L14.json     see `feature_file`
stsb_dev.csv, stsb_test.csv, or SentEval/data/downstream/STS/STSBenchmark/sts-dev.csv, sts-test.csv here or one folder up
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kdmcse.data.columns import map_columns
from kdmcse.data.problems import Problem
from kdmcse.data.row_checks import MAX_TEXT_CHARACTERS, usable_rows
from kdmcse.data.tables import UNPRINTABLE, Table, clean, decode, load_table
from kdmcse.errors import UserError
from kdmcse.store.files import sha256_of
from kdmcse.training.reproduction.settings import CORPORA

SENTENCES = "wiki1m_for_simcse.txt"

VERSION = 1  # of how the files are understood; a new number reads them again
_SENTEVAL = Path("SentEval/data/downstream/STS/STSBenchmark")


@dataclass(frozen=True)
class CorpusFiles:
    """Where the parts of a corpus lie."""

    corpus: str
    features: Path
    sentences: Path
    sts: dict[str, Path]
    """`dev`, and `test` where there is one"""

    @classmethod
    def find(cls, corpus: str, folder: Path) -> "CorpusFiles":
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
            if path := next((path for path in places if path.is_file()), None):
                sts[split] = path
        if "dev" not in sts:
            raise UserError("published_file_missing", file=folder / "stsb_dev.csv")
        return cls(corpus, features, sentences, sts)

    def facts(self) -> dict:
        """By what the files are recognised: the large one by name, size and time, the others by their content."""
        stat = self.features.stat()
        small = {"sentences": self.sentences, **self.sts}
        return {
            "version": VERSION,
            "features": {"name": self.features.name, "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns},
            **{kind: {"name": path.name, "sha256": sha256_of(path)} for kind, path in small.items()},
        }


def read_sentences(path: Path, problems: list[Problem]) -> Iterator[str]:
    """The usable lines, in the form in which all text is kept."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if (text := clean(line)) and is_usable(text, path.name, number, problems):
                    yield text
    except UnicodeDecodeError as error:
        raise UserError("table_encoding_unknown", file=path.name) from error


def is_usable(text: str, file: str, number: int, problems: list[Problem]) -> bool:
    """Whether a text can be kept; where not, why is added to `problems` with its file and number."""
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


def read_judgements(paths: dict[str, Path], problems: list[Problem]) -> pd.DataFrame:
    """row, sentence1, sentence2, score and split of the tables of judgements."""
    frames = []
    for split, path in paths.items():
        table = _benchmark_table(path) or load_table(path)
        columns = map_columns("sts", list(table.frame.columns), {"group": None, "split": None}, table.name)
        frame, unusable = usable_rows("sts", table, columns)
        problems += [*table.problems, *unusable]
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
