"""Blind votes: one a person and sentence, taken back at will, never after the names were shown, and what they come to."""

import json

import pytest

from kdmcse.demonstration import LEAST_VOTES, Ballot, reveal, sides, standing, summary, undo, vote, votes
from kdmcse.errors import UserError
from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation.votes import method_sentence, vote_sentence
from kdmcse.store.workspace import Workspace

DATA = "0123456789abcdef"


def ballot(text="a red cup", **changes) -> Ballot:
    return Ballot(**{"text": text, "scope": "held_out", "current": "baseline-0-a", "new": "kdmcse-0-b"} | changes)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_one_vote_a_person_and_sentence(workspace):
    vote(workspace, DATA, "Aiko", ballot(), "new")
    with pytest.raises(UserError) as twice:
        vote(
            workspace, DATA, "ＡＩＫＯ ", ballot("A red cup"), "current"
        )  # the same person and sentence in other letters
    assert twice.value.code == "vote_twice"
    vote(workspace, DATA, "Ben", ballot(), "equal")
    vote(workspace, DATA, "Aiko", ballot("a blue cap"), "current")
    assert sorted(votes(workspace, DATA)["preference"]) == ["current", "equal", "new"]


def test_the_last_vote_is_undone_and_can_be_given_anew(workspace):
    vote(workspace, DATA, "Aiko", ballot(), "new")
    vote(workspace, DATA, "Aiko", ballot("a blue cap"), "new")
    assert undo(workspace, DATA, "Aiko") == "a blue cap"
    assert standing(workspace, DATA, "Aiko", ballot("a blue cap")) == "open"
    vote(workspace, DATA, "Aiko", ballot("a blue cap"), "current")
    assert sorted(votes(workspace, DATA)["preference"]) == ["current", "new"]
    assert [undo(workspace, DATA, "Aiko") for _ in range(3)] == ["a blue cap", "a red cup", None]
    assert votes(workspace, DATA).empty and undo(workspace, DATA, "Ben") is None


def test_nobody_votes_after_the_names_were_shown(workspace):
    vote(workspace, DATA, "Aiko", ballot(), "new")
    for person in ("Aiko", "Ben"):
        reveal(workspace, DATA, person, ballot())
    assert standing(workspace, DATA, "Aiko", ballot()) == "voted"  # what was voted before stays
    with pytest.raises(UserError) as late:
        vote(workspace, DATA, "Ben", ballot(), "new")
    assert late.value.code == "vote_after_reveal"
    undo(workspace, DATA, "Aiko")
    assert standing(workspace, DATA, "Aiko", ballot()) == "seen"
    assert standing(workspace, DATA, "Ben", ballot("a blue cap")) == "open"


def test_sides_are_drawn_for_each_person_and_sentence_and_stay():
    drawn = [sides(f"person {person}", ballot(f"sentence {text}")) for person in range(20) for text in range(20)]
    assert set(drawn) == {("current", "new"), ("new", "current")}
    assert 140 < drawn.count(("new", "current")) < 260
    assert sides("Aiko", ballot()) == sides(" aiko", ballot())


def test_a_file_is_only_added_to_and_what_somebody_wrote_into_it_counts_for_nothing(workspace):
    vote(workspace, DATA, "Aiko", ballot(), "new")
    [file] = (workspace.path / "demonstrations" / DATA / "votes").glob("*.jsonl")
    before = file.read_text()
    undo(workspace, DATA, "Aiko")
    assert file.read_text().startswith(before)
    line = json.loads(before) | {"preference": "both", "query": "ffff"}
    file.write_text(before + json.dumps(line) + "\n{broken\n[]\n")
    assert len(votes(workspace, DATA)) == 1


def cast(workspace, *, people: int, sentences: int, new: int) -> None:
    """Everybody votes on every sentence; the first `new` sentences go to the new model."""
    for person in range(people):
        for text in range(sentences):
            vote(workspace, DATA, f"person {person}", ballot(f"sentence {text}"), "new" if text < new else "current")


def test_no_verdict_before_enough_votes(workspace):
    assert summary(workspace, DATA).reason == "no_votes"
    cast(workspace, people=1, sentences=LEAST_VOTES - 1, new=LEAST_VOTES - 1)
    found = summary(workspace, DATA)
    assert (found.new, found.verdict, found.reason) == (LEAST_VOTES - 1, None, "few_votes")
    vote(workspace, DATA, "person 0", ballot("one more"), "equal")  # prefers none
    assert summary(workspace, DATA).reason == "few_votes" and summary(workspace, DATA).equal == 1
    vote(workspace, DATA, "person 0", ballot("another"), "new")
    found = summary(workspace, DATA)
    assert found.verdict == "new" and found.share == 1.0 and found.low == pytest.approx(0.839, abs=1e-3)


def test_many_votes_on_one_sentence_decide_nothing(workspace):
    cast(workspace, people=30, sentences=1, new=1)
    found = summary(workspace, DATA)
    assert found.decided == 30 and found.share == 1.0
    assert (found.verdict, found.reason, found.p_value) == (None, "undecided", 1.0)


def test_a_clear_majority_of_sentences_decides_either_way(workspace, tmp_path):
    cast(workspace, people=3, sentences=10, new=1)
    found = summary(workspace, DATA)
    assert (found.verdict, found.queries_for_new, found.queries_for_current) == ("current", 1, 9)
    assert (found.people, found.queries, found.total) == (3, 10, 30)
    other = Workspace(tmp_path / "other")
    cast(other, people=3, sentences=10, new=6)
    assert summary(other, DATA).reason == "undecided"


def test_votes_on_another_training_are_told_apart(workspace):
    vote(workspace, DATA, "Aiko", ballot(), "new")
    vote(workspace, DATA, "Aiko", ballot(new="kdmcse-1-c"), "current")
    assert summary(workspace, DATA).decided == 2
    assert summary(workspace, DATA, new="kdmcse-1-c").current == 1


def test_the_room_is_told_in_both_languages(workspace):
    for language in ("en", "ja"):
        t = Locale(language)
        assert vote_sentence(t, summary(workspace, DATA)) == t("votes.none")
    cast(workspace, people=2, sentences=12, new=11)
    found = summary(workspace, DATA)
    assert plain_text(vote_sentence(Locale("en"), found)) == (
        "The people in the room prefer the results of the new model (KDMCSE). 22 of 24 votes prefer the new model: 92% (95% range 74% to 98%). "
        "Voted by 2 people on 12 sentences."
    )
    assert "24票のうち22票（92%）" in vote_sentence(Locale("ja"), found)
    assert "11 for the new model, 1 for the current one" in method_sentence(Locale("en"), found)
