"""Where two methods disagree, row by row: what one gets right and the other wrong, most expensive first. Measures nothing anew; no models.

Each method speaks by its typical training, the one of the (lower) median cost, or of the deciding score where there are no costs; in how
many of its trainings a row went the same way stands beside the row.
"""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse.cost import Prices, estimate_cost
from kdmcse.cost.estimate import JUDGED_BY
from kdmcse.data import PairDataset
from kdmcse.results.costs import Costs, scored_decisions
from kdmcse.results.results import EvaluatedRun, Results
from kdmcse.stats import typical

KINDS = ("decisions", "sts", "caption_to_caption", "caption_to_image")
"""match decisions that flipped; judged pairs that moved towards or away from where people rank them; searches whose first hit moved"""


@dataclass(frozen=True)
class Disagreements:
    """The rows of one kind on which a method and the one it is held against disagree."""

    kind: str
    """one of `KINDS`"""
    method: str
    against: str
    rows: int
    """rows that were compared"""
    trainings: int
    """of the method"""
    seed: int
    """of the method's typical training"""
    against_seed: int
    """of the typical training of `against`"""
    currency: str | None
    """of the prices; None where there are none"""
    reviewed: bool
    """whether decisions may go to a person: then one may cost more or less without being right or wrong anew"""
    table: pd.DataFrame
    """Most expensive first, else what moved most. row; gained (bool: the method costs less, is right, or nearer); price (money a month, NaN without
    prices); moved (margin of both cosines to their thresholds; places); seeds that went this way; text_a, text_b ("" for a search);
    image_a, image_b (SHA-256 where a caption of the dataset is this text, else None); segment ("" where there is none); truth (match as
    0 or 1, place by gold, NaN for a search); before, after (cosine or place); and for
    decisions what `CostEstimate.judged_by` has, each with _before and _after (else None)."""

    against_agreed: bool = False
    """whether `against` is the agreed baseline"""
    rows_of_segment: Mapping[str, int] = field(default_factory=dict)
    """how many rows of each segment were compared"""
    segment: str | None = None
    """the only one whose rows these are; None: all rows"""
    picked: bool = False
    """whether these are the rows about some captions only"""
    run: str = ""
    """id of the method's typical training"""
    against_run: str = ""
    """the same of `against`"""

    @property
    def gained(self) -> pd.DataFrame:
        return self.table[self.table["gained"]]

    @property
    def lost(self) -> pd.DataFrame:
        return self.table[~self.table["gained"]]

    @property
    def segments(self) -> list[str]:
        return sorted(set(self.table["segment"]) - {""})

    @cached_property
    def saving(self) -> float | None:
        """Money a month that the typical training saves: what was gained less what was lost; None without prices."""
        return float(self.gained["price"].sum() - self.lost["price"].sum()) if self.currency else None

    @property
    def on_cost_page(self) -> bool:
        """Whether the saving over all trainings of the two is what the costs are compared by."""
        return self.currency is not None and self.against_agreed and self.segment is None and not self.picked

    def of_segment(self, segment: str) -> "Disagreements":
        """Those of one segment alone."""
        table = self.table[self.table["segment"] == segment]
        return dataclasses.replace(self, table=table, rows=self.rows_of_segment[segment], segment=segment)


def disagreements(
    results: Results,
    scores: pd.DataFrame,
    costs: Costs,
    kind: str,
    method: str,
    against: str,
    *,
    metric: str,
    captions: Collection[str] | None = None,
) -> Disagreements | None:
    """Where `method` and `against` disagree; None where one of them has no rows of this kind.

    Decisions are those on which cost is reported, each training at thresholds from other decisions; without prices a mistake of either kind
    counts the same. Where people review, a decision is better where it costs less, so that all of them add up to the saving. scores: `score_table`.
    metric: the score by which a typical training is chosen where there are no costs. captions: only rows about one of these texts.
    UserError `one_class_only` where what chooses or reports lacks matches or non-matches.
    """
    ours, theirs = (_outcomes(results, scores, costs, kind, one, metric) for one in (method, against))
    if not ours or not theirs:
        return None
    own, other = (typical(each, lambda one: one.value) for each in (ours, theirs))
    both = own.rows.join(other.rows.add_suffix("_before"), how="inner")
    prices = results.prices if kind == "decisions" and costs.estimates else None
    reviewed = prices is not None and prices.review is not None
    ways = [_way(one.rows.reindex(both.index), both, by_cost=reviewed) for one in ours]
    way = _way(both, both, by_cost=reviewed)
    table = pd.DataFrame(
        {
            "gained": way > 0,
            "price": (both["cost"] - both["cost_before"]).abs(),
            "moved": _moved(kind, both),
            "seeds": sum((seed == way).astype("int64") for seed in ways),
            "truth": both["truth"],
            "before": both["shown_before"],
            "after": both["shown"],
        }
    )
    for name in JUDGED_BY:
        table[f"{name}_before"], table[f"{name}_after"] = both.get(f"{name}_before"), both.get(name)
    table = table.join(_texts(results.dataset, kind), how="left")
    if captions is not None:
        table = table[table[["text_a", "text_b"]].isin(set(captions)).any(axis=1)]
    compared = table["segment"].value_counts().to_dict()
    count, table = len(table), table[way.loc[table.index] != 0]
    table = table.sort_values(["price", "moved"], ascending=False, kind="stable", na_position="last")
    table = table.rename_axis("row").reset_index()
    return Disagreements(
        kind=kind,
        method=method,
        against=against,
        rows=count,
        trainings=len(ours),
        seed=own.run.config.seed,
        against_seed=other.run.config.seed,
        currency=prices and prices.currency,
        reviewed=reviewed,
        table=table,
        against_agreed=against == results.baseline,
        rows_of_segment=compared,
        picked=captions is not None,
        run=own.run.id,
        against_run=other.run.id,
    )


def _way(rows: pd.DataFrame, both: pd.DataFrame, *, by_cost: bool) -> pd.Series:
    """1 where a row is better than before, -1 where worse, 0 where alike: by what it costs, else by its score."""
    return np.sign(both["cost_before"] - rows["cost"] if by_cost else rows["score"] - both["score_before"])


def _moved(kind: str, both: pd.DataFrame) -> pd.Series:
    if kind != "decisions":
        return (both["score"] - both["score_before"]).abs()
    return (both["shown"] - both["at_stake"]).abs() + (both["shown_before"] - both["at_stake_before"]).abs()


@dataclass(frozen=True)
class _Outcome:
    """One training of a method."""

    run: EvaluatedRun
    value: float
    """by which the typical training is chosen"""
    rows: pd.DataFrame
    """by row number: score (higher is better), shown (cosine or place), truth, cost (money a month); of decisions also at_stake and
    what `CostEstimate.judged_by` has"""


def _outcomes(
    results: Results, scores: pd.DataFrame, costs: Costs, kind: str, method: str, metric: str
) -> list[_Outcome]:
    by_run = scores.set_index("run")

    def chosen_by(run: EvaluatedRun) -> float:
        if run.id in costs.estimates:
            return costs.estimates[run.id].monthly_cost
        return float(by_run.loc[run.id, metric])

    outcomes = []
    for run in results.of_method(method):
        if kind == "decisions":
            rows = decided(results, costs, run)
        elif kind == "sts":
            rows = _ranked(run.evaluation.sts)
        else:
            rows = _searched(run.evaluation.retrieval, kind)
        if rows is not None and len(rows):
            outcomes.append(_Outcome(run, chosen_by(run), rows))
    return outcomes


def decided(results: Results, costs: Costs, run: EvaluatedRun) -> pd.DataFrame | None:
    """What goes to a person counts as right. Without prices both kinds of mistakes count the same."""
    if run.evaluation.decisions is None:
        return None
    estimate, table = costs.estimates.get(run.id), costs.decisions.get(run.id)
    if estimate is None:
        alike = Prices("XXX", 1, 1, 1, float(run.evaluation.decisions["match"].mean()))
        table = scored_decisions([run], results.dataset)[run.id]
        estimate = estimate_cost(table, alike)
    reported, judged = table[estimate.sample.folds.reported], estimate.judged_by
    return pd.DataFrame(
        {
            "score": 1.0 - estimate.wrong,
            "shown": reported["cosine"].to_numpy(),
            "truth": estimate.match.astype("float64"),
            "cost": estimate.row_costs if run.id in costs.estimates else np.nan,
            "at_stake": estimate.at_stake,
            **{name: judged[name].to_numpy() for name in JUDGED_BY},
        },
        index=reported["row"].to_numpy(),
    )


def _ranked(sts: pd.DataFrame | None) -> pd.DataFrame | None:
    """Place 1 is the most alike; ties share their mean."""
    if sts is None:
        return None
    gold, place = (sts[name].rank(ascending=False).to_numpy() for name in ("gold", "cosine"))
    rows = {"score": -np.abs(place - gold), "shown": place, "truth": gold, "cost": np.nan}
    return pd.DataFrame(rows, index=sts["row"].to_numpy())


def _searched(retrieval: pd.DataFrame | None, direction: str) -> pd.DataFrame | None:
    if retrieval is None:
        return None
    table = retrieval[retrieval["direction"] == direction]
    rank = table["rank"].to_numpy("float64")
    rows = {"score": -rank, "shown": rank, "truth": np.nan, "cost": np.nan}
    return pd.DataFrame(rows, index=table["pair"].to_numpy())


def _texts(dataset: PairDataset, kind: str) -> pd.DataFrame:
    """By row: text_a, text_b, image_a, image_b, segment."""
    pairs = dataset.pairs
    if kind in ("caption_to_caption", "caption_to_image"):
        segment = pairs.get("category", "")
        texts = {"text_a": pairs["caption"], "text_b": "", "image_a": pairs["image"], "image_b": None}
        return pd.DataFrame({**texts, "segment": segment}).set_index(pairs["pair"])
    table, names = {
        "decisions": (dataset.decisions, ("text_a", "text_b")),
        "sts": (dataset.sts, ("sentence1", "sentence2")),
    }[kind]
    table = table[table["held_out"]]  # judgements to choose by may be of another file, with the same row numbers
    image_of = pairs.drop_duplicates("caption").set_index("caption")["image"].to_dict()
    texts = {f"text_{side}": table[name] for side, name in zip("ab", names, strict=True)}
    texts |= {
        f"image_{side}": [image_of.get(text) for text in table[name]] for side, name in zip("ab", names, strict=True)
    }
    return pd.DataFrame({**texts, "segment": table.get("segment", "")}).set_index(table["row"])
