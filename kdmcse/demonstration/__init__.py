"""The live demonstration: what the current and the new model find for a sentence, and which of the two lists people prefer. No model is run here.

    index    which captions are searched, their vectors on disk, and the exact best of them
    answers  what both models find, side by side: how far the lists agree, what moved
    queries  sentences to begin with: three chosen by a rule from held-out results, and those that were saved
    votes    which list people prefer without knowing whose it is, and what the votes come to

    demonstrations/<dataset fingerprint>/  queries.jsonl, votes/<person>.jsonl
    runs/<id>/search/                      everything.npy, pictures.npy, picture_mean.npy: vectors of every caption

Votes and queries are appended and never changed. A query is encoded elsewhere, see `kdmcse.processes.query_encoder`.
"""

from kdmcse.demonstration.answers import Answers, Finds, Hit, answer
from kdmcse.demonstration.index import SCOPES, Index, Items, best, index_of, items_of
from kdmcse.demonstration.queries import PREPARED, Prepared, Query, forget, prepared, save, saved
from kdmcse.demonstration.votes import (
    LEAST_VOTES,
    PREFERENCES,
    Ballot,
    Summary,
    reveal,
    sides,
    standing,
    summarised,
    summary,
    undo,
    vote,
    votes,
)

__all__ = [
    "LEAST_VOTES",
    "PREFERENCES",
    "PREPARED",
    "SCOPES",
    "Answers",
    "Ballot",
    "Finds",
    "Hit",
    "Index",
    "Items",
    "Prepared",
    "Query",
    "Summary",
    "answer",
    "best",
    "forget",
    "index_of",
    "items_of",
    "prepared",
    "reveal",
    "save",
    "saved",
    "sides",
    "standing",
    "summarised",
    "summary",
    "undo",
    "vote",
    "votes",
]
