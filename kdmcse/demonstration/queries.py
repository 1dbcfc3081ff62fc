"""Sentences to begin a demonstration with: three that a rule takes from the held-out results, and those that somebody saved.

demonstrations/<dataset fingerprint>/queries.jsonl  text, what (saved or removed), time
"""

from dataclasses import dataclass

import pandas as pd

from kdmcse.data import PairDataset
from kdmcse.errors import UserError
from kdmcse.evaluation.evaluation import Evaluation
from kdmcse.store import jsonl
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace

PREPARED = ("helps", "equal", "hurts")
"""what the new model does to the search: more of the right captions among the first ten, as many, fewer"""
LONGEST = 500
"""characters of a query"""
_SCORE = "ndcg_at_10"


@dataclass(frozen=True)
class Query:
    """A sentence to search with."""

    text: str
    kind: str
    """one of `PREPARED`, or `saved`"""


@dataclass(frozen=True)
class Prepared:
    """One query of each kind that there is, and how many there are of it."""

    queries: tuple[Query, ...]
    counts: dict[str, int]
    """held-out searches by what the new model does to them"""


def prepared(dataset: PairDataset, current: Evaluation, new: Evaluation) -> Prepared:
    """Of each kind the search in the middle: neither the best nor the worst example. By how much nDCG at 10 changes, then by the pair's number.

    Only searches among captions that are held out; none where no caption has another of its group.
    """
    scores = [_searches(one) for one in (new, current)]
    if any(one is None for one in scores):
        return Prepared((), dict.fromkeys(PREPARED, 0))
    gains = (scores[0] - scores[1]).dropna().round(9)
    gains = gains[gains.index.isin(dataset.pairs["pair"])]
    parts = {"helps": gains[gains > 0], "equal": gains[gains == 0], "hurts": gains[gains < 0]}
    captions = dataset.pairs.set_index("pair")["caption"]
    queries = []
    for kind, part in parts.items():
        if len(part):
            ordered = part.reset_index().sort_values([part.name, "pair"], kind="stable")
            middle = int(ordered["pair"].iloc[(len(ordered) - 1) // 2])
            queries.append(Query(captions[middle], kind))
    return Prepared(tuple(queries), {kind: len(part) for kind, part in parts.items()})


def clean_query(text: str) -> str:
    """As it is searched: without line breaks and spaces around it. UserError `query_empty`, `query_too_long`."""
    text = "".join(one if one.isprintable() else " " for one in text)
    text = " ".join(text.split())
    if not text:
        raise UserError("query_empty")
    if len(text) > LONGEST:
        raise UserError("query_too_long", limit=LONGEST, count=len(text))
    return text


def save(workspace: Workspace, fingerprint: str, text: str) -> None:
    """Keep a sentence for the demonstration. UserError as `clean_query`, or `workspace_frozen`."""
    _write(workspace, fingerprint, text, "saved")


def forget(workspace: Workspace, fingerprint: str, text: str) -> None:
    """Take a saved sentence off the list. UserError as `save`."""
    _write(workspace, fingerprint, text, "removed")


def saved(workspace: Workspace, fingerprint: str) -> list[Query]:
    """Every sentence that was saved and not removed since, in the order in which they were."""
    kept: dict[str, None] = {}
    for folder in dict.fromkeys((workspace.demonstrations, workspace.demonstrations_written)):
        for line in jsonl.read(folder / fingerprint / "queries.jsonl"):
            text, what = line.get("text"), line.get("what")
            if isinstance(text, str) and text:
                kept.pop(text, None)
                if what == "saved":
                    kept[text] = None
    return [Query(text, "saved") for text in kept]


def _write(workspace: Workspace, fingerprint: str, text: str, what: str) -> None:
    line = {"text": clean_query(text), "what": what, "time": now_as_stored("milliseconds")}
    jsonl.append(workspace.demonstrations_written / fingerprint / "queries.jsonl", [line])


def _searches(evaluation: Evaluation) -> pd.Series | None:
    """Score of each held-out caption that was searched with, by its pair."""
    table = evaluation.retrieval
    if table is None:
        return None
    table = table[table["direction"] == "caption_to_caption"]
    return table.set_index("pair")[_SCORE] if len(table) else None
