"""What a dataset is enough for: by the bars that its results are held to, with the cause and what would help."""

import re
from pathlib import Path

import example_poc
import pytest
import small

from kdmcse import stats
from kdmcse.config import RECOMMENDED
from kdmcse.cost import FEW_ROWS
from kdmcse.criteria.criteria import GATES
from kdmcse.criteria.readiness import CAUSES, OPTIONAL, PURPOSES, REMEDIES, STATES, readiness, state, worst
from kdmcse.data import MIN_DEV_ROWS, PairDataset, import_dataset
from kdmcse.i18n import LANGUAGES, Locale
from kdmcse.presentation.readiness import purpose_name, readiness_sentence, state_word
from kdmcse.store.workspace import Workspace

SHARED = Path(__file__).parents[3] / "shared"
AIM = GATES[1]["least_pairs"]


def by_purpose(dataset: PairDataset, **changed) -> dict:
    found = readiness(dataset, **changed)
    assert tuple(one.purpose for one in found) == PURPOSES
    for one in found:
        assert one.state in STATES and (one.cause is None) == (one.state == "enough")
        assert one.cause in (*CAUSES, None) and one.remedy in (*REMEDIES, None)
        for language in LANGUAGES:
            t = Locale(language)
            said = [purpose_name(t, one), state_word(t, one), readiness_sentence(t, one)]
            assert all(text and not re.search(r"[{}]|None", text) for text in said)
    return {one.purpose: one for one in found}


@pytest.fixture
def poc(tmp_path) -> PairDataset:
    return example_poc.import_example(Workspace(tmp_path / "workspace"), tmp_path / "source")


def with_counts(dataset: PairDataset, **counts: int) -> PairDataset:
    return PairDataset(dataset.folder, dataset.manifest | {"counts": dataset.counts | counts})


def test_rows_are_enough_barely_or_not_by_the_bars_of_results():
    assert [state(rows, AIM) for rows in (0, 1, stats.MIN_ROWS - 1)] == ["not_enough"] * 3
    assert [state(rows, AIM) for rows in (stats.MIN_ROWS, AIM - 1)] == ["barely"] * 2
    assert [state(rows, AIM) for rows in (AIM, 10 * AIM)] == ["enough"] * 2


def test_what_was_agreed_is_what_is_aimed_for(poc):
    found = by_purpose(with_counts(poc, sts=500, sts_usable=150))["score"]
    assert (found.state, found.aim) == ("enough", AIM)
    found = by_purpose(with_counts(poc, sts=500, sts_usable=150), least_pairs=300)["score"]
    assert (found.state, found.aim) == ("barely", 300)


def test_judgements_that_are_learnt_from_too_can_be_kept_out(poc):
    found = by_purpose(with_counts(poc, sts=500, sts_usable=60, sts_dev=40))["score"]
    assert (found.state, found.brought, found.cause, found.count) == ("barely", 460, "learnt", 400)
    assert (found.remedy, found.table) == ("hold_out", "sts")


def test_where_people_have_not_judged_they_can_and_where_they_have_further_pairs_can_be_judged(poc):
    assert by_purpose(with_counts(poc, sts=0, sts_usable=0))["score"].remedy == "rate"
    few = by_purpose(with_counts(poc, sts=30, sts_usable=30))["score"]
    assert (few.state, few.cause, few.remedy) == ("barely", "few", "rate")
    assert by_purpose(with_counts(poc, sts=0, sts_usable=0, held_out_pairs=0))["score"].remedy == "add"


def test_many_decisions_with_few_matches_are_not_enough(tmp_path):
    dataset = example_poc.import_example(Workspace(tmp_path / "w"), tmp_path / "s", decisions=200, matches=20)
    found = by_purpose(dataset)["cost"]
    matches = int(dataset.decisions["match"].sum())
    assert matches < FEW_ROWS <= AIM <= found.usable
    assert (found.state, found.cause, found.count, found.remedy) == ("not_enough", "few_matches", matches, "add")


def test_of_texts_alone_there_is_something_to_learn_from_and_nothing_to_search(tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(f"sentence {i}" for i in range(RECOMMENDED.batch_size)))
    dataset = import_dataset(Workspace(tmp_path / "w"), name="t", texts=tmp_path / "texts.txt")
    found = by_purpose(dataset)
    assert {name for name, one in found.items() if one.state == "not_there"} == set(PURPOSES) - {"training"}
    assert found["training"].state == "enough" and worst(found.values()) == "not_there"
    few = by_purpose(with_counts(dataset, texts=10))["training"]
    assert (few.state, few.cause) == ("barely", "small_batch")


def test_pairs_of_one_product_hold_nothing_out(tmp_path):
    (tmp_path / "pairs.csv").write_text(
        "image,caption,group\n" + "".join(f"{i}.png,caption {i},one\n" for i in range(9))
    )
    found = by_purpose(import_dataset(Workspace(tmp_path / "w"), name="t", pairs=tmp_path / "pairs.csv"))
    assert (found["image_search"].state, found["image_search"].cause) == ("not_enough", "one_group")
    assert found["text_search"].cause == "no_two_captions"


def test_what_no_verdict_needs_is_missed_by_nobody(poc):
    found = by_purpose(with_counts(poc, sts=300, sts_usable=300, decisions=300, decisions_usable=300))
    assert {name for name in OPTIONAL if found[name].state == "not_there"} == set(OPTIONAL)
    assert worst([one for one in found.values() if one.purpose in (*OPTIONAL, "score")]) == "enough"


def test_dev_judgements_choose_settings_from_as_many_as_choosing_takes(tmp_path):
    dataset = small.dataset(Workspace(tmp_path / "w"), dev=True)
    assert by_purpose(with_counts(dataset, sts_dev=MIN_DEV_ROWS))["settings"].state == "enough"
    assert by_purpose(with_counts(dataset, sts_dev=MIN_DEV_ROWS - 1))["settings"].cause == "few"


@pytest.mark.real
@pytest.mark.skipif(not (SHARED / "grocery").is_dir(), reason="the shared pilot data is not on this computer")
def test_the_grocery_pilot_is_barely_enough_for_cost_because_its_texts_are_learnt(tmp_path):
    grocery = SHARED / "grocery"
    files = {"pairs": grocery / "pairs.csv", "decisions": grocery / "decisions.csv"}
    found = by_purpose(import_dataset(Workspace(tmp_path), name="g", **files))
    cost = found["cost"]
    assert (cost.state, cost.usable, cost.brought, cost.count) == ("barely", 79, 379, 300)
    assert (cost.cause, cost.remedy) == ("learnt", "hold_out")
    assert found["training"].state == found["image_search"].state == "enough"
