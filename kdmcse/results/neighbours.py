"""What training changed for the captions of a map, in the whole vectors: are a caption's nearest neighbours of its own group? Knows no model.

    runs/<id>/projection/<baseline id>/  neighbours.parquet (a row a caption), neighbours.json (written last)

A map in two dimensions shows neighbours that are none and hides others, so nothing is counted on it. Of each caption as many nearest
neighbours count as its group has other captions, at most `MOST`: so every group can reach 100%. The same words again are neither right nor wrong.

n captions, W width of the vectors.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kdmcse import stats
from kdmcse.data import PairDataset, open_dataset
from kdmcse.data.caption_languages import column_of_language, languages
from kdmcse.data.dataset import PAIR_COLUMNS
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import read_embeddings, read_evaluation
from kdmcse.evaluation.projection import projection_folder, read_projection
from kdmcse.store.files import read_json, read_table, write_file, write_json

MOST = 10
"""Neighbours of a caption that are looked at, at most."""
AT_ONCE = 2_000
"""Captions whose neighbours a page may find itself, in about half a second; of more a background job finds them."""
LANGUAGE = "@language"
"""Stands for the language of a caption where no column of the upload says it."""
VERSION = 1
"""Of what is counted: what another version found is not used."""
_COSINES_AT_ONCE = 2**24
_MOST_VALUES = 200


@dataclass(frozen=True)
class Shared:
    """How often a caption and its nearest neighbours have the same value of a column."""

    column: str
    comparison: stats.Comparison
    """after (candidate) against before; the verdict is one of several, over the columns"""
    chance: float
    """the same between captions taken at random"""

    @property
    def strength(self) -> float:
        """Of the larger side, 0 as by chance, 1 always."""
        return (max(self.comparison.baseline.estimate, self.comparison.candidate.estimate) - self.chance) / (
            1 - self.chance
        )


@dataclass(frozen=True)
class Neighbourhoods:
    """The nearest neighbours of every caption of a map, before and after training."""

    alike: str
    """what neighbours should share: `group`, or `category` where no group has two captions that differ"""
    comparison: stats.Comparison
    """share of the neighbours of the same group: after (candidate) against before. Of these two students: the chance of training is left out"""
    table: pd.DataFrame = field(repr=False)
    """pair, group (what `alike` says), wanted (neighbours that count, 0: nothing else is of its group), before and after (share of the same
    group, NaN without any), kept (neighbours before that still are, of `looked_at`), likeness (correlation of its cosines to all others)"""
    looked_at: int
    """neighbours of a caption in `kept`"""
    shared: tuple[Shared, ...]
    """by column, the one that neighbours share most beyond chance first"""

    @cached_property
    def groups(self) -> pd.DataFrame:
        """group, captions, before, after, change: a row a group with others in it, what gained most first."""
        counted = self.table[self.table["wanted"] > 0]
        found = counted.groupby("group", sort=True).agg(
            captions=("pair", "size"), before=("before", "mean"), after=("after", "mean")
        )
        found["change"] = found["after"] - found["before"]
        return found.sort_values(["change", "captions"], ascending=False, kind="stable").reset_index()

    @cached_property
    def moved(self) -> pd.DataFrame:
        """The rows of `table`, those first whose surroundings changed most."""
        return self.table.sort_values(["kept", "likeness"], kind="stable", ignore_index=True)


def find_neighbours(before: np.ndarray, after: np.ndarray, pairs: pd.DataFrame) -> Neighbourhoods:
    """before (n, W), after (n, V), of unit length; pairs: n rows with pair, caption, group, and columns of the upload."""
    caption = pd.factorize(pairs["caption"])[0]
    alike, group = _what_is_alike(pairs, caption)
    nearest = _nearest(before, after, caption)
    looked_at = nearest[0].shape[1]
    wanted = np.minimum(_others(group, caption), looked_at)
    right = [_share(group[near] == group[:, None], wanted) for near in nearest]
    kept = np.array([len(np.intersect1d(*both)) for both in zip(*nearest, strict=True)], dtype=np.int64)
    table = pd.DataFrame(
        {
            "pair": pairs["pair"].to_numpy(),
            "group": pairs[alike].astype(str).to_numpy(),
            "wanted": wanted,
            "before": right[0],
            "after": right[1],
            "kept": kept,
            "likeness": _likeness(before, after),
        }
    )
    return Neighbourhoods(
        alike, _compared(*right, pairs[alike].to_numpy(str)), table, looked_at, _shared(pairs, nearest)
    )


def keep_neighbours(run: Run, baseline: Run) -> Neighbourhoods:
    """Find and keep the neighbours of the captions on the map of these two, which must be drawn."""
    points = read_projection(run, baseline)
    held_out = _held_out(open_dataset(run.workspace, run.config.dataset))
    shown = np.flatnonzero(held_out["pair"].isin(points["pair"]))
    before, after = (read_embeddings(read_evaluation(one))[shown] for one in (baseline, run))
    found = find_neighbours(before, after, held_out.iloc[shown])
    folder = projection_folder(run, baseline)
    with suppress(OSError, UserError):  # a workspace that is only looked at keeps nothing
        write_file(folder / "neighbours.parquet", lambda path: found.table.to_parquet(path, index=False))
        write_json(folder / "neighbours.json", _to_dict(found))
    return found


def read_neighbours(run: Run, baseline: Run) -> Neighbourhoods | None:
    """What `keep_neighbours` kept; None where this version has kept nothing."""
    folder = projection_folder(run, baseline)
    kept, table = read_json(folder / "neighbours.json"), read_table(folder / "neighbours.parquet")
    if kept is None or table is None or kept.get("version") != VERSION:
        return None
    shared = tuple(
        Shared(one["column"], stats.Comparison.from_dict(one["comparison"]), one["chance"]) for one in kept["shared"]
    )
    return Neighbourhoods(
        kept["alike"], stats.Comparison.from_dict(kept["comparison"]), table, kept["looked_at"], shared
    )


def known_neighbours(run: Run, baseline: Run, points: int) -> Neighbourhoods | None:
    """What was kept, else found at once where the map has few points; None where that is for a background job."""
    found = read_neighbours(run, baseline)
    return keep_neighbours(run, baseline) if found is None and points <= AT_ONCE else found


def _to_dict(found: Neighbourhoods) -> Mapping[str, Any]:
    return {
        "version": VERSION,
        "alike": found.alike,
        "comparison": found.comparison.to_dict(),
        "looked_at": found.looked_at,
        "shared": [asdict(one) for one in found.shared],
    }


def _held_out(dataset: PairDataset) -> pd.DataFrame:
    return dataset.pairs[dataset.pairs["held_out"]]


def _what_is_alike(pairs: pd.DataFrame, caption: np.ndarray) -> tuple[str, np.ndarray]:
    """The column that says what belongs together, and its values as numbers."""
    group = pd.factorize(pairs["group"])[0]
    if "category" in pairs and not _others(group, caption).any():
        return "category", pd.factorize(pairs["category"])[0]
    return "group", group


def _others(group: np.ndarray, caption: np.ndarray) -> np.ndarray:
    """(n,) how many captions of the same group have other words."""
    same_words = (
        pd.DataFrame({"group": group, "caption": caption}).groupby(["group", "caption"])["group"].transform("size")
    )
    return np.bincount(group, minlength=1)[group] - same_words.to_numpy()


def _nearest(before: np.ndarray, after: np.ndarray, caption: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two (n, k) of the nearest rows, the nearest first and of equals the earlier one.

    k: `MOST`, or as many as every caption has others of other words. O(block * n) memory.
    """
    n = len(before)
    if not n:
        return np.zeros((0, 0), int), np.zeros((0, 0), int)
    same = _same_words(caption)
    most = min(MOST, n - max(map(len, same)))
    block = max(1, _COSINES_AT_ONCE // n)

    def of(vectors: np.ndarray) -> np.ndarray:
        found = []
        for start in range(0, n, block):
            cosine = vectors[start : start + block] @ vectors.T
            for row, values in enumerate(cosine, start):
                values[same[caption[row]]] = -np.inf
            found.append(_largest(cosine, most))
        return np.concatenate(found)

    return of(before), of(after)


def _same_words(caption: np.ndarray) -> list[np.ndarray]:
    """Of each caption's words the rows that have them."""
    order = np.argsort(caption, kind="stable")
    return np.split(order, np.cumsum(np.bincount(caption))[:-1])


def _largest(cosine: np.ndarray, count: int) -> np.ndarray:
    """(rows, n) -> (rows, count) places of the largest, the largest first, the earlier of equals first."""
    if count <= 0:
        return np.zeros((len(cosine), 0), int)
    least = np.partition(cosine, -count, axis=1)[:, -count]
    found = np.empty((len(cosine), count), int)
    for row, values in enumerate(cosine):
        places = np.flatnonzero(values >= least[row])
        found[row] = places[np.argsort(-values[places], kind="stable")][:count]
    return found


def _likeness(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(n,) Pearson's of each caption's cosines to all before with those after; 1 where either are all equal, as nothing tells them apart.

    Without a table of n * n cosines: the sum over j of (b_i b_j) (a_i a_j) is b_i' (sum of b_j a_j') a_i.
    """
    n = max(len(before), 1)
    sides = [side.astype(float) for side in (before, after)]
    means = [side @ side.sum(axis=0) / n for side in sides]

    def together(a: int, b: int) -> np.ndarray:
        summed = np.einsum("nw,nw->n", sides[a] @ (sides[a].T @ sides[b]), sides[b])
        return summed / n - means[a] * means[b]

    spread = np.maximum(together(0, 0), 0) * np.maximum(together(1, 1), 0)
    known = spread > 1e-20
    return np.divide(together(0, 1), np.sqrt(np.where(known, spread, 1)), out=np.ones(len(before)), where=known)


def _share(right: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n, k) whether each neighbour is right -> (n,) the share among the first `wanted`; NaN where none is wanted."""
    counted = np.arange(right.shape[1]) < wanted[:, None]
    found = (right & counted).sum(axis=1)
    return np.divide(found, wanted, out=np.full(len(wanted), np.nan), where=wanted > 0)


def _compared(before: np.ndarray, after: np.ndarray, unit: np.ndarray) -> stats.Comparison:
    """Of the rows that have a share; what repeats is the unit."""
    known = np.isfinite(after)
    metric = stats.Mean((0.0, 1.0))
    return stats.compare(metric, after[known], before[known], unit=unit[known].astype(object), candidate_trained=False)


def _shared(pairs: pd.DataFrame, nearest: tuple[np.ndarray, np.ndarray]) -> tuple[Shared, ...]:
    """Of the columns with few values, how often neighbours have the same."""
    columns = pairs[[name for name in pairs if name not in PAIR_COLUMNS]]
    if column_of_language(pairs) is None:
        columns = columns.assign(**{LANGUAGE: languages(pairs)})
    found, chance = {}, {}
    for column in columns:
        code, values = pd.factorize(columns[column].astype(str))
        if not 1 < len(values) <= min(_MOST_VALUES, len(pairs) // 2) or not nearest[0].size:
            continue
        before, after = ((code[near] == code[:, None]).mean(axis=1) for near in nearest)
        found[column] = _compared(before, after, pairs["group"].to_numpy(str))
        sizes = np.bincount(code)
        chance[column] = float((sizes * (sizes - 1)).sum() / (len(code) * (len(code) - 1)))
    every = [
        Shared(column, one, chance[column])
        for column, one in stats.adjust(found).items()
        if one.difference.estimate is not None
    ]
    return tuple(sorted(every, key=lambda one: -one.strength))
