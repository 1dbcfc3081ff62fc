"""Which of two lists people prefer without knowing whose it is: votes, written one at a time, and what they come to.

    demonstrations/<dataset fingerprint>/votes/<person>.jsonl  person, query, text, what, preference, side, current, new, scope, time

A line is a vote, an undone vote, or says that this person was shown which model is which; a file is only added to. Each person has a file
of their own. One vote a person and query counts, and none after a person was shown whose lists they are.
"""

import hashlib
import secrets
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kdmcse import stats
from kdmcse.annotation import clean_name
from kdmcse.errors import UserError
from kdmcse.store import jsonl
from kdmcse.store.reads import names_in
from kdmcse.store.times import now_as_stored
from kdmcse.store.workspace import Workspace

MODELS = ("current", "new")
PREFERENCES = ("current", "new", "equal")
"""whose list is better"""
LEAST_VOTES = 20
"""Votes for one of the two from which on there may be a verdict."""
LEVEL = 0.05
"""The sign test decides below this p-value."""
COLUMNS = ("person", "query", "text", "preference", "side", "current", "new", "scope", "time")
_SECRET = secrets.token_bytes(16)
"""Of this process: nobody can work out which side is whose."""


@dataclass(frozen=True)
class Ballot:
    """What a vote is about: a query, where it searches, and the runs of the two models."""

    text: str
    scope: str
    current: str
    """id of the run"""
    new: str
    """the same"""

    @property
    def key(self) -> str:
        """16 hex digits: two ballots with the same are one."""
        parts = (unicodedata.normalize("NFKC", self.text).casefold(), self.scope, self.current, self.new)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Summary:
    """What the votes come to."""

    new: int
    """votes for the new model's list"""
    current: int
    """the same for the current model's"""
    equal: int
    """votes that find both equally good"""
    people: int
    queries: int
    share: float | None
    """of those who preferred one, who preferred the new model's list; None where nobody did"""
    low: float | None
    high: float | None
    """95% interval of the share (Wilson)"""
    queries_for_new: int
    """queries of which most votes for one went to the new model"""
    queries_for_current: int
    p_value: float
    """of the sign test over queries: votes on one query are not independent of each other, so each query counts once, by its majority"""
    verdict: str | None
    """`new` or `current`; None where it is not decided"""
    reason: str | None
    """why it is not decided: `no_votes`, `few_votes` (fewer than `LEAST_VOTES` for one of the two), `undecided`"""

    @property
    def decided(self) -> int:
        """Votes that prefer one of the two."""
        return self.new + self.current

    @property
    def total(self) -> int:
        """All votes that count."""
        return self.decided + self.equal


def sides(person: str, ballot: Ballot) -> tuple[str, str]:
    """Whose lists stand at A and at B: by chance for each person and query, the same for as long as the process lives."""
    drawn = hashlib.sha256(_SECRET + f"{_key(person)}\0{ballot.key}".encode()).digest()[0]
    return MODELS if drawn % 2 else MODELS[::-1]


def standing(workspace: Workspace, fingerprint: str, person: str, ballot: Ballot) -> str:
    """Of this person and query: `open`, `voted`, or `seen` where whose lists they are was shown before they voted."""
    known = _of_query(_lines(workspace, fingerprint, person), ballot.key)
    return "voted" if known["vote"] else "seen" if known["seen"] else "open"


def vote(workspace: Workspace, fingerprint: str, person: str, ballot: Ballot, preference: str) -> None:
    """Keep a vote; it is on the disk when this returns.

    preference: one of `PREFERENCES`. UserError `vote_twice`, `vote_after_reveal`, `annotator_without_name`, `workspace_frozen`.
    """
    if preference not in PREFERENCES:
        raise ValueError(f"no preference: {preference}")
    stands = standing(workspace, fingerprint, person, ballot)
    if stands != "open":
        raise UserError("vote_twice" if stands == "voted" else "vote_after_reveal", person=clean_name(person))
    side = "AB"[sides(person, ballot).index("new")]
    _write(workspace, fingerprint, person, ballot, "vote", preference, side)


def reveal(workspace: Workspace, fingerprint: str, person: str, ballot: Ballot) -> None:
    """Note that this person now knows whose lists they are, so that no further vote of theirs on this query is taken."""
    if not _of_query(_lines(workspace, fingerprint, person), ballot.key)["seen"]:
        _write(workspace, fingerprint, person, ballot, "seen")


def undo(workspace: Workspace, fingerprint: str, person: str) -> str | None:
    """Undo the last vote of this person; the sentence that it was about, None where there is none."""
    lines = _lines(workspace, fingerprint, person)
    for line in reversed(lines):
        if line["what"] == "vote" and _of_query(lines, line["query"])["vote"] is line:
            ballot = Ballot(line["text"], line["scope"], line["current"], line["new"])
            _write(workspace, fingerprint, person, ballot, "undone")
            return line["text"]
    return None


def votes(workspace: Workspace, fingerprint: str, *, new: str | None = None) -> pd.DataFrame:
    """The votes that count, `COLUMNS`, one row a person and query. new: those about this run of the new model alone; None: all."""
    rows = []
    for path in _files(workspace, fingerprint):
        lines = _valid(jsonl.read(path))
        for query in dict.fromkeys(line["query"] for line in lines):
            if (line := _of_query(lines, query)["vote"]) and new in (None, line["new"]):
                rows.append([line[name] for name in COLUMNS])
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    # A person of the snapshot may vote again beside it: the first vote counts.
    keys = table["person"].map(_key) if len(table) else table["person"]
    table = table.assign(who=keys).sort_values("time", kind="stable").drop_duplicates(["who", "query"])
    return table.drop(columns="who").reset_index(drop=True)


def summary(workspace: Workspace, fingerprint: str, *, new: str | None = None) -> Summary:
    """What the votes on a dataset's models come to. new: as `votes`."""
    return summarised(votes(workspace, fingerprint, new=new))


def summarised(table: pd.DataFrame) -> Summary:
    """What some votes come to. table: as of `votes`."""
    counts = Counter(table["preference"])
    for_new, for_current = counts["new"], counts["current"]
    decided = for_new + for_current
    by_query = (
        table[table["preference"] != "equal"].groupby("query")["preference"].agg(lambda one: (one == "new").mean())
    )
    ahead, behind = int((by_query > 0.5).sum()), int((by_query < 0.5).sum())
    p_value = stats.sign_test(ahead, ahead + behind)
    low, high = stats.wilson(for_new, decided) if decided else (None, None)
    reason = "no_votes" if table.empty else "few_votes" if decided < LEAST_VOTES else None
    leads = for_new - for_current, ahead - behind
    if reason is None and (p_value >= LEVEL or leads[0] * leads[1] <= 0):
        reason = "undecided"
    return Summary(
        new=for_new,
        current=for_current,
        equal=counts["equal"],
        people=table["person"].map(_key).nunique(),
        queries=table["query"].nunique(),
        share=for_new / decided if decided else None,
        low=low,
        high=high,
        queries_for_new=ahead,
        queries_for_current=behind,
        p_value=p_value,
        verdict=None if reason else "new" if leads[0] > 0 else "current",
        reason=reason,
    )


def _key(person: str) -> str:
    """The same for a name in another case or width."""
    return unicodedata.normalize("NFKC", clean_name(person)).casefold()


def _name(person: str) -> str:
    return f"{hashlib.sha256(_key(person).encode()).hexdigest()[:16]}.jsonl"


def _folders(workspace: Workspace, fingerprint: str) -> list[Path]:
    """What the workspace holds, then what was voted beside it."""
    places = dict.fromkeys((workspace.demonstrations, workspace.demonstrations_written))
    return [place / fingerprint / "votes" for place in places]


def _files(workspace: Workspace, fingerprint: str) -> list[Path]:
    return [path for folder in _folders(workspace, fingerprint) for path in names_in(folder, "*.jsonl")]


def _lines(workspace: Workspace, fingerprint: str, person: str) -> list[dict[str, Any]]:
    folders = _folders(workspace, fingerprint)
    return _valid([line for folder in folders for line in jsonl.read(folder / _name(person))])


def _of_query(lines: list[dict[str, Any]], query: str) -> dict[str, Any]:
    """The vote that counts, None where there is none or it was undone; and whether the person was shown whose lists they are."""
    found: dict[str, Any] = {"vote": None, "seen": False}
    for line in (line for line in lines if line["query"] == query):
        if line["what"] == "seen":
            found["seen"] = True
        else:
            found["vote"] = line if line["what"] == "vote" else None
    return found


def _write(
    workspace: Workspace,
    fingerprint: str,
    person: str,
    ballot: Ballot,
    what: str,
    preference: str | None = None,
    side: str | None = None,
) -> None:
    line = {
        "person": clean_name(person),
        "query": ballot.key,
        "text": ballot.text,
        "what": what,
        "preference": preference,
        "side": side,
        "current": ballot.current,
        "new": ballot.new,
        "scope": ballot.scope,
        "time": now_as_stored("milliseconds"),
    }
    jsonl.append(workspace.demonstrations_written / fingerprint / "votes" / _name(person), [line])


def _valid(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that `vote`, `undo` or `reveal` could have written; a file may have been edited by hand."""

    def makes_sense(line: dict[str, Any]) -> bool:
        names = ("person", "query", "text", "current", "new", "scope", "time")
        voted = line.get("what") == "vote"
        says = line.get("preference") in PREFERENCES and line.get("side") in ("A", "B") if voted else True
        return (
            says and line.get("what") in ("vote", "undone", "seen") and all(isinstance(line.get(n), str) for n in names)
        )

    return [line for line in found if makes_sense(line)]
