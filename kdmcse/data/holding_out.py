"""What is evaluated stays unseen: which rows are held out, and how more of them are where the pairs alone hold out too few. No file here."""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdmcse.data import splits
from kdmcse.data.dataset import PairDataset
from kdmcse.data.leakage import find_leaks
from kdmcse.data.nearly_same import folded
from kdmcse.errors import UserError

EVALUATION_TEXTS = {"sts": ["sentence1", "sentence2"], "decisions": ["text_a", "text_b"], "faq": ["question"]}
"""Per table what must not be trained on; an answer may be, as all models look for it among the same answers."""
_ROUNDS = 20
"""What was hidden behind a sentence that is nearly the same is found in the next round; far fewer are ever needed."""

Frames = dict[str, pd.DataFrame]
"""The tables of a dataset by their kind: `pairs` with group and split, the judged ones with row, `texts` with text."""


def keep_out(frames: Frames, wanted: Mapping[str, int]) -> Frames:
    """The same tables with more held out, so that of each kind (sts, decisions, faq) as many rows as wanted can measure, or all that can.

    Training pairs become test pairs, group by group, those first by which the most rows get whole; of further texts those are left out that
    these rows hold, or nearly. What is dev stays dev, and one training group is left. Nothing changes where enough can measure already.
    UserError `hold_out_unusable` for another kind, one that is not there, or a number below 1.
    """
    for kind, number in wanted.items():
        if kind not in EVALUATION_TEXTS or kind not in frames or number < 1:
            known = tuple(one for one in EVALUATION_TEXTS if one in frames)
            raise UserError("hold_out_unusable", kind=kind, number=number, known=known)
        for _ in range(_ROUNDS):
            grown = _grown(frames, kind, number)
            if grown is None:
                break
            frames = grown
    return frames


@dataclass(frozen=True)
class HeldOutMore:
    """What a dataset would be if more of it were held out."""

    usable: int
    """rows of the kind that could measure"""
    left: int
    """pairs and further texts that would be left to learn from"""
    fewer: int
    """that is so many fewer than now"""


def held_out_more(dataset: PairDataset, kind: str, number: int) -> HeldOutMore:
    """What `keep_out` would make of a dataset that was imported, without writing anything. UserError as `keep_out`."""
    tables = {one: frame for one in ("pairs", kind, "texts") if (frame := getattr(dataset, one)) is not None}
    kept = keep_out(tables, {kind: number})
    leaks = find_leaks(kept, {kind: EVALUATION_TEXTS[kind]}, None)
    usable = int(mark_held_out(kept, leaks[leaks["kind"] == kind])[kind]["held_out"].sum())
    now, left = (int((one["pairs"]["split"] == "train").sum()) + len(one.get("texts", ())) for one in (tables, kept))
    return HeldOutMore(usable, left, now - left)


def mark_held_out(frames: Frames, leaks: pd.DataFrame) -> Frames:
    """Add `held_out`: nothing of the row is trained on (`leaks`) or a dev caption; and to judgements `dev`.

    Dev judgements are those that say so. Where none says, they are those that no test can use because a sentence is a
    dev caption. What is trained on is neither.
    """
    frames, pairs = dict(frames), frames["pairs"]
    if "texts" in frames:
        frames["texts"] = frames["texts"][["text"]]
    dev = set(pairs.loc[pairs["split"] == "dev", "caption"].map(splits.text_key))
    leaked = {kind: set(rows) for kind, rows in leaks.groupby("kind")["row"]}
    unseen = [splits.text_key(caption) not in dev for caption in pairs["caption"]]
    unseen = pd.array(unseen, dtype="bool") & ~pairs["pair"].isin(leaked.get("pairs", ())).to_numpy()
    frames["pairs"] = pairs.assign(held_out=(pairs["split"] == "test").to_numpy() & unseen)
    for kind, names in EVALUATION_TEXTS.items():
        if kind in frames:
            untrained = ~frames[kind]["row"].isin(leaked.get(kind, ())).to_numpy(bool)
            keys = [{splits.text_key(text) for text in texts} for texts in frames[kind][names].values]
            spare = np.array([bool(row & dev) for row in keys], dtype=bool)
            said = said_dev(frames[kind])
            frames[kind] = frames[kind].assign(held_out=untrained & ~spare & ~said)
            if kind == "sts":
                frames[kind]["dev"] = untrained & (said if "split" in frames[kind] else spare)
    return frames


def evaluated_texts(rows: Frames, *, with_dev: bool) -> list[Sequence[str]]:
    """The texts of each row that measures, and of those that say that they are to choose by."""
    return [
        texts
        for kind, names in EVALUATION_TEXTS.items()
        if kind in rows
        for texts in (rows[kind] if with_dev else rows[kind][~said_dev(rows[kind])])[names].values
    ]


def said_dev(rows: pd.DataFrame) -> np.ndarray:
    """(n,) bool: the rows that the upload set apart for choosing."""
    return (rows["split"] == "dev").to_numpy(bool) if "split" in rows else np.zeros(len(rows), dtype=bool)


def _grown(frames: Frames, kind: str, number: int) -> Frames | None:
    """The tables with what is held out for the rows that are missing; None where none is, or nothing more can be held out."""
    names = EVALUATION_TEXTS[kind]
    looked = {name: frames[name] for name in ("pairs", kind, "texts") if name in frames}
    leaks = find_leaks(looked, {kind: names}, None)
    leaks = leaks[leaks["kind"] == kind]
    marked = mark_held_out(looked, leaks)[kind]
    missing = number - int(marked["held_out"].sum())
    if missing <= 0 or leaks.empty:
        return None
    # Only what is learnt from keeps these back: not a dev caption, nor that they are to choose by.
    without = mark_held_out(looked, leaks.iloc[:0])[kind]
    back = leaks[leaks["row"].isin(marked["row"][without["held_out"].to_numpy() & ~marked["held_out"].to_numpy()])]
    learnt = {row: {folded(text) for text in found} for row, found in back.groupby("row")["learnt_value"]}
    pairs = frames["pairs"]
    trained = pairs[pairs["split"] == "train"]
    groups_of = defaultdict(set)
    for text, group in zip(trained["caption"].map(folded), trained["group"], strict=True):
        groups_of[text].add(group)
    needs = {row: set().union(*(groups_of.get(text, set()) for text in texts)) for row, texts in learnt.items()}
    moved = _completing(needs, trained["group"].value_counts().to_dict(), missing)
    whole = [row for row, groups in needs.items() if groups <= moved]
    if not whole:
        return None
    # Rows that cost no pairs first; the texts of more rows than are missing go on being learnt from.
    whole = sorted(whole, key=lambda row: (bool(needs[row]), row))[:missing]
    frames = frames | {"pairs": pairs.assign(split=pairs["split"].mask(pairs["group"].isin(moved), "test"))}
    if "texts" in frames:
        left_out = set().union(*(learnt[row] for row in whole))
        frames["texts"] = frames["texts"][~frames["texts"]["text"].map(folded).isin(left_out)].reset_index(drop=True)
    return frames


def _completing(needs: Mapping[int, set[str]], sizes: Mapping[str, int], goal: int) -> set[str]:
    """Groups that, held out too, make `goal` rows whole, or as many as can be; a row is whole once all groups that it needs are among them.

    needs: row -> groups; sizes: group -> pairs. The next group is always the one that brings the most rows closest to whole for its size.
    """
    order = {group: hashlib.sha256(group.encode()).hexdigest() for group in sizes}
    left = {row: set(groups) for row, groups in needs.items()}
    done = sum(not groups for groups in left.values())
    rows_of = defaultdict(list)
    for row, groups in left.items():
        for group in groups:
            rows_of[group].append(row)

    def worth(group: str) -> float:
        return sum(0.5 ** (len(left[row]) - 1) for row in rows_of[group] if group in left[row]) / sizes[group]

    scores = {group: worth(group) for group in rows_of}
    heap = [(-score, order[group], group) for group, score in scores.items()]
    heapq.heapify(heap)
    taken: set[str] = set()
    while heap and done < goal and len(taken) < len(sizes) - 1:
        score, _, group = heapq.heappop(heap)
        if group in taken or -score != scores[group]:
            continue
        taken.add(group)
        nearer = set()
        for row in rows_of[group]:
            left[row].discard(group)
            done += not left[row]
            nearer |= left[row]
        for other in nearer:
            scores[other] = worth(other)
            heapq.heappush(heap, (-scores[other], order[other], other))
    return taken
