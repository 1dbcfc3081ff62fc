"""Wrong pairs that people judged: append-only, several people, and how right a filter is by them."""

import json

import pytest
import small

from kdmcse import audit, data
from kdmcse.audit import Filter, Negative
from kdmcse.errors import UserError
from kdmcse.governance import deletion
from kdmcse.stats import wilson

REMOVED = tuple(Negative(i, i + 1, 0.5) for i in range(10))
KEPT = tuple(Negative(i, i + 2, 0.3) for i in range(10))
FILTER = Filter("true_pairs_50", 0.4, 0.1, 0.2, REMOVED[:2], REMOVED, KEPT)


@pytest.fixture
def dataset(workspace) -> data.PairDataset:
    return small.dataset(workspace)


def say(workspace, dataset, who, negatives, same):
    for negative in negatives:
        audit.judge(workspace, dataset, who, negative.id, same)


def standing(workspace, dataset):
    return audit.judged(FILTER, audit.judgements(workspace, dataset))


def test_precision_is_the_share_of_what_was_left_out_that_people_call_the_same(workspace, dataset):
    say(workspace, dataset, "Aiko", REMOVED[:6], True)
    say(workspace, dataset, "Aiko", REMOVED[6:8], False)
    say(workspace, dataset, "Aiko", KEPT[:5], False)
    found = standing(workspace, dataset)
    assert (found.removed.same, found.removed.judged, found.removed.drawn) == (6, 8, 10)
    assert found.removed.share == 0.75
    assert found.removed.interval == wilson(6, 8)
    assert (found.kept.share, found.kept.interval) == (0.0, wilson(0, 5))


def test_before_anybody_judges_there_is_no_share(workspace, dataset):
    found = standing(workspace, dataset)
    assert found.removed.share is found.removed.interval is None and found.people == 0


def test_of_several_people_more_than_half_must_say_yes(workspace, dataset):
    say(workspace, dataset, "Aiko", REMOVED[:3], True)
    say(workspace, dataset, "Ben", REMOVED[:2], False)
    say(workspace, dataset, "Chie", REMOVED[:1], True)
    found = standing(workspace, dataset)
    assert (found.removed.same, found.removed.judged) == (2, 3)
    assert (found.people, found.by_two, found.agreed) == (3, 2, 0)


def test_the_last_word_about_a_pair_counts_and_can_be_taken_back(workspace, dataset):
    for same in (True, False, None, False):
        say(workspace, dataset, "Aiko", REMOVED[:1], same)
    assert audit.judgements(workspace, dataset) == [{REMOVED[0].id: False}]
    assert audit.said_by(workspace, dataset, "ＡＩＫＯ") == {REMOVED[0].id: False}
    say(workspace, dataset, "Aiko", REMOVED[:1], None)
    assert audit.judgements(workspace, dataset) == []
    [file] = (workspace.labels / dataset.fingerprint / "negatives").iterdir()
    assert [json.loads(line)["same"] for line in file.read_text().splitlines()] == [True, False, None, False, None]


def test_a_line_that_a_kill_cut_short_spoils_no_other(workspace, dataset):
    say(workspace, dataset, "Aiko", REMOVED[:1], True)
    [file] = (workspace.labels / dataset.fingerprint / "negatives").iterdir()
    with file.open("a") as end:
        end.write('{"annotator": "Aiko", "item": "3-')
    say(workspace, dataset, "Aiko", REMOVED[1:2], False)
    assert audit.judgements(workspace, dataset) == [{REMOVED[0].id: True, REMOVED[1].id: False}]


def test_each_person_gets_what_is_left_in_an_order_that_tells_nothing(workspace, dataset):
    orders = [[one.id for one in audit.to_judge(FILTER, {}, who)] for who in ("Aiko", "Ben")]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(one.id for one in (*REMOVED, *KEPT))
    assert orders[0] != orders[1]
    left = {one.id for one in REMOVED}
    assert {one in left for one in orders[0][:10]} == {True, False}
    said = dict.fromkeys(orders[0][:3], True)
    assert [one.id for one in audit.to_judge(FILTER, said, "Aiko")] == orders[0][3:]


def test_nobody_judges_without_a_name(workspace, dataset):
    with pytest.raises(UserError):
        audit.judge(workspace, dataset, "  ", REMOVED[0].id, True)


def test_they_go_with_what_else_people_judged(workspace, dataset):
    say(workspace, dataset, "Aiko", REMOVED, True)
    deletion.delete_dataset(workspace, dataset, with_runs=False, with_labels=True)
    assert audit.judgements(workspace, dataset) == []
