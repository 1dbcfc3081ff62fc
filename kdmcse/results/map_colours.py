"""What the points of the two maps can be coloured by: what the upload says of a caption, and how each model fares on it. No colours here.

n points, in the order of the map.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse.data.caption_languages import column_of_language, languages
from kdmcse.engine.runs import Run
from kdmcse.evaluation.projection import projection_folder
from kdmcse.results.costs import Costs
from kdmcse.results.disagreements import decided
from kdmcse.results.results import EvaluatedRun, Results
from kdmcse.store.files import read_table

LANGUAGE, SEARCH, DECISIONS, COST, TEACHER = MEASURED = ("@language", "@search", "@decisions", "@cost", "@teacher")
"""What is no column of the upload. No name of a column begins so, or it is taken for one."""
MOST_VALUES = 200
RIGHT, WRONG, UNTESTED = "right", "wrong", ""


@dataclass(frozen=True)
class Colouring:
    """A value of every point on either side; alike on both where it is of the caption and not of the model."""

    name: str
    """of a column, or one of `MEASURED`"""
    kind: str
    """`words`; `outcome`: `RIGHT`, `WRONG` or `UNTESTED`; `amount` of money a month, or `number`: NaN where it is not known"""
    before: np.ndarray
    after: np.ndarray
    currency: str | None = None


def colourings(results: Results, costs: Costs, run: Run, baseline: Run, points: pd.DataFrame) -> list[Colouring]:
    """All that tell these points apart: the category first, then the columns with the fewest values, then what was measured."""
    pairs = results.dataset.pairs.set_index("pair").loc[points["pair"]]
    found = _columns(pairs, results.dataset.extra_columns)
    if column_of_language(pairs) is None:
        found.append(_of_caption(LANGUAGE, languages(pairs)))
    sides = [_evaluated(results, one) for one in (baseline, run)]
    if all(sides):
        found += [_searched(sides, points), *_decided(results, costs, sides, pairs)]
    found.append(_teacher(run, baseline, points))
    return [one for one in found if one is not None and _tells_apart(one)]


def _columns(pairs: pd.DataFrame, extra: list[str]) -> list[Colouring]:
    names = [name for name in ("group", *extra) if pairs[name].astype(str).nunique() <= MOST_VALUES]
    names.sort(key=lambda name: (name != "category", pairs[name].astype(str).nunique()))
    return [_of_caption(name, pairs[name]) for name in names]


def _of_caption(name: str, values: pd.Series) -> Colouring:
    words = values.astype(str).str.strip().to_numpy(object)
    return Colouring(name, "words", words, words)


def _evaluated(results: Results, run: Run) -> EvaluatedRun | None:
    return next((one for one in results.evaluated if one.id == run.id), None)


def _searched(sides: list[EvaluatedRun], points: pd.DataFrame) -> Colouring | None:
    """Whether the first caption that is found for a caption is of its group."""
    if any(one.evaluation.retrieval is None for one in sides):
        return None
    found = []
    for one in sides:
        table = one.evaluation.retrieval
        rank = table[table["direction"] == "caption_to_caption"].set_index("pair")["rank"].reindex(points["pair"])
        found.append(np.select([rank == 1, rank > 1], [RIGHT, WRONG], UNTESTED))
    return Colouring(SEARCH, "outcome", *found)


def _decided(results: Results, costs: Costs, sides: list[EvaluatedRun], pairs: pd.DataFrame) -> list[Colouring]:
    """By caption, whether every decision about it is right, and what its mistakes cost: of decisions whose texts are captions of the map."""
    if not results.has_decisions:
        return []
    texts = results.dataset.decisions.set_index("row")[["text_a", "text_b"]]
    outcome, cost = [], []
    for one in sides:
        rows = decided(results, costs, one)
        if rows is None:
            return []
        about = pd.concat([rows.assign(caption=texts.loc[rows.index, name]) for name in texts]).groupby("caption")
        score = about["score"].min().reindex(pairs["caption"])
        outcome.append(np.select([score >= 1, score < 1], [RIGHT, WRONG], UNTESTED))
        cost.append(about["cost"].sum(min_count=1).reindex(pairs["caption"]).to_numpy(float))
    found = [Colouring(DECISIONS, "outcome", *outcome)]
    if all(one.id in costs.estimates for one in sides):
        found.append(Colouring(COST, "amount", *cost, currency=results.prices.currency))
    return found


def _teacher(run: Run, baseline: Run, points: pd.DataFrame) -> Colouring | None:
    table = read_table(projection_folder(run, baseline) / "teacher.parquet")
    if table is None:
        return None
    cosine = table.set_index("pair")["cosine"].reindex(points["pair"]).to_numpy(float)
    return Colouring(TEACHER, "number", cosine, cosine)


def _tells_apart(one: Colouring) -> bool:
    """Whether there are two values on either side, or one on each; unknown is a value where some are known."""
    values = np.concatenate([one.before, one.after])
    if one.kind == "words":
        return len(set(values)) > 1
    known = values != UNTESTED if one.kind == "outcome" else np.isfinite(values)
    return bool(known.any()) and len(set(values[known])) > 1
