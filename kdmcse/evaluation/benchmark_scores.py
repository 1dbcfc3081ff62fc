"""A benchmark's score, why it is missing, and the rows it rests on: kept beside the evaluation, read from there. Measures nothing.

runs/<id>/evaluation/  yardsticks.json, yardsticks.parquet   on the user's own data
runs/<id>/yardsticks/  <name>.json, <name>.parquet           public tests, a pair of files each
"""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from kdmcse.evaluation.evaluation import Evaluation
from kdmcse.metrics import LABEL, PROBE, PUBLIC_STS
from kdmcse.store.files import read_json, write_file, write_json
from kdmcse.store.reads import look, stamp


@dataclass(frozen=True)
class Score:
    """A number, or why there is none. Missing is None, never 0."""

    value: float | None
    rows: int
    """how many rows it rests on"""
    missing: str | None = None
    """why `value` is None: an entry of `benchmarks.missing` in the messages"""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """what else there is to say about it, as plain JSON"""

    def __post_init__(self) -> None:
        if (self.value is None) is (self.missing is None) or (self.value is not None and not math.isfinite(self.value)):
            raise ValueError(f"a score is a number or missing, not {self.value} ({self.missing})")


@dataclass(frozen=True)
class Measured:
    """A score with its rows: `row`, `value`, `unit` (what repeats: rows of one unit are resampled together), `gold` where it has one."""

    name: str
    score: Score
    rows: pd.DataFrame | None = None


def missing(name: str, why: str, rows: int, **facts: Any) -> Measured:
    """No score, and why."""
    return Measured(name, Score(None, rows, why, facts))


def keep(folder: Path, measured: Iterable[Measured]) -> None:
    """Put scores and rows into an evaluation's folder, beside those of other names that are there. The scores are written last."""
    measured = list(measured)
    names = {one.name for one in measured}
    tables = [one.rows.assign(metric=one.name) for one in measured if one.rows is not None]
    path = folder / "yardsticks.parquet"
    if path.exists():
        before = pd.read_parquet(path)
        tables.insert(0, before[~before["metric"].isin(names)])
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"metric": []})
    table = table.reindex(columns=["metric", "row", "value", "unit", "gold"])
    table = table.astype({"metric": "str", "row": "int64", "value": "float64", "unit": "str", "gold": "float64"})
    write_file(path, lambda temporary: table.to_parquet(temporary, index=False))
    scores = (read_json(folder / "yardsticks.json") or {}) | {one.name: asdict(one.score) for one in measured}
    write_json(folder / "yardsticks.json", scores)


def keep_public(folder: Path, benchmark: str, score: Score, table: pd.DataFrame | None) -> None:
    """Put the score of a public test and its `row`, `gold`, `cosine` into a run's folder of public scores. The score is written last."""
    if table is not None:
        write_file(folder / f"{benchmark}.parquet", lambda temporary: table.to_parquet(temporary, index=False))
    write_json(folder / f"{benchmark}.json", asdict(score))


def scores(evaluation: Evaluation) -> dict[str, Score]:
    """By name, what was measured or could not be; what is not in it was not measured yet."""
    stored = read_json(evaluation.folder / "yardsticks.json") or {}
    for name in PUBLIC_STS:
        if kept := read_json(_public(evaluation) / f"{name}.json"):
            stored[f"public_{name}"] = kept
    return {name: Score(**kept) for name, kept in stored.items()}


def score(evaluation: Evaluation, name: str) -> Score | None:
    """None where it was not measured yet."""
    return scores(evaluation).get(name)


def rows(evaluation: Evaluation, name: str) -> pd.DataFrame | None:
    """row, value, unit (str), and gold where the metric's kind needs it; None where there is no score or it is of the whole set only."""
    known = score(evaluation, name)
    if known is None or known.value is None:
        return None
    if name.startswith("public_"):
        path = _public(evaluation) / f"{name.removeprefix('public_')}.parquet"
        look(stamp, path)
        table = pd.read_parquet(path)
        return pd.DataFrame(
            {"row": table["row"], "value": table["cosine"], "unit": table["row"].astype("str"), "gold": table["gold"]}
        )
    path = evaluation.folder / "yardsticks.parquet"
    look(stamp, path)
    table = pd.read_parquet(path, filters=[("metric", "==", name)])
    table = table.drop(columns="metric").reset_index(drop=True)
    if table.empty:
        return None
    return table.drop(columns="gold") if table["gold"].isna().all() else table


def labels(evaluation: Evaluation) -> list[str]:
    """The columns by which classification was tried."""
    names = [name for name in scores(evaluation) if name.split(":")[0] == PROBE.name]
    return [name.partition(":")[2] or LABEL for name in names]


def probe_name(label: str) -> str:
    """The name under which classification by this column is kept."""
    return PROBE.name if label == LABEL else f"{PROBE.name}:{label}"


def all_have(by_method: Mapping[str, list[dict[str, Score]]], name: str) -> bool:
    """Whether every run of `by_method` was measured by this, be the score missing or not."""
    return all(name in scores for runs in by_method.values() for scores in runs)


def average(scores: Mapping[str, Score]) -> tuple[float | None, int]:
    """Mean of the public scores that are there, and how many they are: two averages of different tests cannot be compared."""
    values = [one.value for name, one in scores.items() if name.startswith("public_") and one.value is not None]
    return (statistics.fmean(values) if values else None), len(values)


def _public(evaluation: Evaluation) -> Path:
    return evaluation.folder.parent / "yardsticks"
