"""Where two methods disagree, row by row: what one gets right and the other wrong, dearest first. Measures nothing anew; no models.

Each method speaks by its run of the median score; in how many of its seeds a row went the same way stands beside the row.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kdmcse.cost import Prices, estimate_cost
from kdmcse.i18n import money, number, say
from kdmcse.results.results import Poc, decided

KINDS = ("decisions", "sts", "caption_to_caption", "caption_to_image")
"""match decisions that flipped; judged pairs that moved towards or away from where people rank them; searches whose first hit moved"""
_BETWEEN = {"en": " ", "ja": ""}
_SCORES = {
    "sts": "sts_spearman",
    "caption_to_caption": "caption_to_caption_ndcg_at_10",
    "caption_to_image": "caption_to_image_ndcg_at_10",
}


@dataclass(frozen=True)
class Disagreements:
    """The rows of one kind on which a method and the one it is held against disagree."""

    kind: str
    """one of `KINDS`"""
    method: str
    against: str
    rows: int
    """rows that were compared"""
    seeds: int
    """of the method"""
    currency: str | None
    """of the prices; None where there are none"""
    table: pd.DataFrame
    """Dearest first, else what moved most. row; gained (bool: the method is right, or nearer); price (money a month, NaN without
    prices); moved (margin of both cosines to their thresholds; places); seeds that went this way; text_a, text_b ("" for a search);
    image_a, image_b (SHA-256 where a caption of the dataset is this text, else None); segment ("" where there is none); truth (match as
    0 or 1, place by gold, NaN for a search); before, after (cosine or place); threshold_before, threshold_after (NaN but for decisions)."""

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
        """Money per month: what was gained less what was lost; None without prices."""
        return float(self.gained["price"].sum() - self.lost["price"].sum()) if self.currency else None

    def of_segment(self, segment: str) -> "Disagreements":
        """Those of one segment alone; `rows` stay those of all."""
        table = self.table[self.table["segment"] == segment]
        return Disagreements(self.kind, self.method, self.against, self.rows, self.seeds, self.currency, table)

    def sentence(self, language: str) -> str:
        """How many rows of how many went which way, and what they cost or save together."""
        fields = {
            "method": say(f"poc.method.{self.method}", language),
            "against": say(f"poc.method.{self.against}", language),
            "rows": number(self.rows, language),
            "gained": number(len(self.gained), language),
            "lost": number(len(self.lost), language),
        }
        told = say(f"disagreements.{self.kind}", language, **fields)
        if not self.saving:  # no prices, or nothing to add up
            return told
        key = "saves" if self.saving > 0 else "costs"
        amount = money(abs(self.saving), self.currency, language)
        return told + _BETWEEN[language] + say(f"disagreements.{key}", language, amount=amount)


def disagreements(poc: Poc, kind: str, method: str, against: str) -> Disagreements | None:
    """Where `method` and `against` disagree; None where one of them has no rows of this kind.

    Decisions are those of the half on which cost is reported, each method at its own threshold from the other half; without prices a
    mistake of either kind counts the same. UserError `one_class_only` where a half lacks matches or non-matches.
    """
    ours, theirs = (_outcomes(poc, kind, one) for one in (method, against))
    if not ours or not theirs:
        return None
    mine, other = _median(ours), _median(theirs)
    both = mine.join(other.add_suffix("_before"), how="inner")
    ways = [np.sign(seed["score"].reindex(both.index) - both["score_before"]) for seed, _ in ours]
    way = np.sign(both["score"] - both["score_before"])
    table = pd.DataFrame(
        {
            "gained": way > 0,
            "price": (both["cost"] - both["cost_before"]).abs(),
            "moved": _moved(kind, both),
            "seeds": sum((seed == way).astype("int64") for seed in ways),
            "truth": both["truth"],
            "before": both["shown_before"],
            "after": both["shown"],
            "threshold_before": both["threshold_before"],
            "threshold_after": both["threshold"],
        }
    )[way != 0]
    table = table.sort_values(["price", "moved"], ascending=False, kind="stable", na_position="last")
    table = table.join(_texts(poc.dataset, kind), how="left").rename_axis("row").reset_index()
    currency = poc.prices.currency if kind == "decisions" and poc.prices else None
    return Disagreements(kind, method, against, len(both), len(ours), currency, table)


def _moved(kind: str, both: pd.DataFrame) -> pd.Series:
    if kind != "decisions":
        return (both["score"] - both["score_before"]).abs()
    return (both["shown"] - both["threshold"]).abs() + (both["shown_before"] - both["threshold_before"]).abs()


def _outcomes(poc: Poc, kind: str, method: str) -> list[tuple[pd.DataFrame, float]]:
    """Per seed of a method: its rows, and the number by which the median seed is chosen.

    The rows by their number: score (higher is better), shown (cosine or place), truth, cost (money a month), threshold.
    """
    scores = poc.scores[poc.scores["method"] == method]
    column = _SCORES.get(kind, "monthly_cost" if poc.estimates else poc.metric)
    found = []
    for run, value in zip(scores["run"], scores[column], strict=True):
        evaluation = poc.evaluations[run]
        if kind == "decisions":
            rows = _decided(poc, run)
        elif kind == "sts":
            rows = _ranked(evaluation.sts)
        else:
            rows = _searched(evaluation.retrieval, kind)
        if rows is not None and len(rows):
            found.append((rows, value))
    return found


def _median(outcomes: list[tuple[pd.DataFrame, float]]) -> pd.DataFrame:
    by_value = sorted(outcomes, key=lambda outcome: (np.isnan(outcome[1]), outcome[1]))
    return by_value[(len(by_value) - 1) // 2][0]


def _decided(poc: Poc, run: str) -> pd.DataFrame | None:
    """What goes to a person counts as right. Without prices both kinds of mistakes count the same."""
    evaluation = poc.evaluations[run]
    if evaluation.decisions is None:
        return None
    estimate, table = poc.estimates.get(run), poc.decided.get(run)
    if estimate is None:
        alike = Prices("XXX", 1, 1, 1, float(evaluation.decisions["match"].mean()))
        table = decided({run: evaluation}, poc.dataset)[run]
        estimate = estimate_cost(table, alike)
    reported = table[estimate.sample.folds.reported]
    return pd.DataFrame(
        {
            "score": 1.0 - estimate.wrong,
            "shown": reported["cosine"].to_numpy(),
            "truth": estimate.match.astype("float64"),
            "cost": estimate.row_costs if poc.prices else np.nan,
            "threshold": estimate.at_stake,
        },
        index=reported["row"].to_numpy(),
    )


def _ranked(sts: pd.DataFrame | None) -> pd.DataFrame | None:
    """Place 1 is the most alike; ties share their mean."""
    if sts is None:
        return None
    gold, place = (sts[name].rank(ascending=False).to_numpy() for name in ("gold", "cosine"))
    rows = {"score": -np.abs(place - gold), "shown": place, "truth": gold, "cost": np.nan, "threshold": np.nan}
    return pd.DataFrame(rows, index=sts["row"].to_numpy())


def _searched(retrieval: pd.DataFrame | None, direction: str) -> pd.DataFrame | None:
    if retrieval is None:
        return None
    table = retrieval[retrieval["direction"] == direction]
    rank = table["rank"].to_numpy("float64")
    rows = {"score": -rank, "shown": rank, "truth": np.nan, "cost": np.nan, "threshold": np.nan}
    return pd.DataFrame(rows, index=table["pair"].to_numpy())


def _texts(dataset, kind: str) -> pd.DataFrame:
    """By row: text_a, text_b, image_a, image_b, segment."""
    pairs = dataset.pairs
    if kind in ("caption_to_caption", "caption_to_image"):
        segment = pairs.get("category", "")
        told = {"text_a": pairs["caption"], "text_b": "", "image_a": pairs["image"], "image_b": None}
        return pd.DataFrame({**told, "segment": segment}).set_index(pairs["pair"])
    table, names = {
        "decisions": (dataset.decisions, ("text_a", "text_b")),
        "sts": (dataset.sts, ("sentence1", "sentence2")),
    }[kind]
    pictures = pairs.drop_duplicates("caption").set_index("caption")["image"].to_dict()
    told = {f"text_{side}": table[name] for side, name in zip("ab", names, strict=True)}
    told |= {
        f"image_{side}": [pictures.get(text) for text in table[name]] for side, name in zip("ab", names, strict=True)
    }
    return pd.DataFrame({**told, "segment": table.get("segment", "")}).set_index(table["row"])
