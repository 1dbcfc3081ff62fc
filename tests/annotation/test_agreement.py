"""Agreement is what the formulas say; the shell tells it as the page does."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from example_annotation import judge_all

from kdmcse import annotation, i18n
from kdmcse.annotation import MIN_COMMON, agreement
from kdmcse.cli import app
from kdmcse.data.csv_export import csv_for_upload
from kdmcse.presentation import annotation as texts
from kdmcse.processes import agreement as agreement_job
from kdmcse.processes import launch
from kdmcse.results.results import load_results


def slow_kappa(one, other) -> float:
    """Quadratic weighted kappa (Cohen 1968) by loops: disagreement seen over disagreement by chance."""
    n = len(one)
    seen = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / n
    chance = sum((a - b) ** 2 for a in one for b in other) / n**2
    return 1 - seen / chance


def slow_alpha(units: list[list[float]]) -> float:
    """Krippendorff's alpha for intervals by loops; units with one value count for nothing."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    seen = sum(sum((a - b) ** 2 for a in unit for b in unit) / (len(unit) - 1) for unit in units) / len(values)
    chance = sum((a - b) ** 2 for a in values for b in values) / (len(values) * (len(values) - 1))
    return 1 - seen / chance


def said(**scores: dict[str, int]) -> pd.DataFrame:
    """Annotator -> item -> score, as judgements."""
    rows = [(name, item, score, 4.0, "") for name, by_item in scores.items() for item, score in by_item.items()]
    return pd.DataFrame(rows, columns=["annotator", "item", "score", "seconds", "time"])


def drawn(seed: int, n: int = 60, missing: float = 0.3) -> dict[str, dict[str, int]]:
    """Three people who mostly agree, each without some of the items."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 6, n)
    people = {}
    for name, lean in (("anna", 0), ("ben", 1), ("carla", -1)):
        scores = np.clip(truth + lean * (rng.random(n) < 0.5) + rng.integers(-1, 2, n), 0, 5)
        people[name] = {f"i{i}": int(scores[i]) for i in range(n) if rng.random() > missing}
    return people


# Agreement


@pytest.mark.parametrize("seed", range(4))
def test_kappa_and_alpha_are_those_of_the_loops(seed):
    people = drawn(seed)
    found = annotation.measure_agreement(said(**people))
    kappas = []
    for pair in found.pairs:
        common = sorted(people[pair.first].keys() & people[pair.second].keys())
        one, other = ([people[name][item] for item in common] for name in (pair.first, pair.second))
        kappas.append(slow_kappa(one, other))
        assert pair.both.common == len(common) and pair.both.kappa == pytest.approx(kappas[-1], abs=1e-12)
        assert pair.both.alpha == pytest.approx(
            slow_alpha([list(two) for two in zip(one, other, strict=True)]), abs=1e-12
        )
        assert pair.both.difference == pytest.approx(np.mean(one) - np.mean(other))
    items = {item for scores in people.values() for item in scores}
    units = [[scores[item] for scores in people.values() if item in scores] for item in items]
    assert found.alpha == pytest.approx(slow_alpha(units), abs=1e-12)
    assert found.kappa == pytest.approx(np.mean(kappas)) and found.common == sum(len(unit) > 1 for unit in units)


def test_each_person_is_held_against_the_mean_of_the_others():
    people = drawn(9)
    found = annotation.measure_agreement(said(**people))
    for one in found.annotators:
        others = [scores for name, scores in people.items() if name != one.name]
        common = [item for item in people[one.name] if any(item in scores for scores in others)]
        own = [people[one.name][item] for item in common]
        mean = [np.mean([scores[item] for scores in others if item in scores]) for item in common]
        assert one.others.kappa == pytest.approx(slow_kappa(own, [int(np.floor(m + 0.5)) for m in mean]), abs=1e-12)
        assert one.others.alpha == pytest.approx(
            slow_alpha([list(two) for two in zip(own, mean, strict=True)]), abs=1e-12
        )
        assert one.others.difference == pytest.approx(np.mean(own) - np.mean(mean))
    leaning = {one.name: one.others.difference for one in found.annotators}
    assert leaning["ben"] > leaning["anna"] > leaning["carla"], "lenient, neither, strict"


def test_people_who_say_the_same_agree_wholly():
    scores = {f"i{i}": i % 6 for i in range(30)}
    found = annotation.measure_agreement(said(anna=scores, ben=scores))
    assert (found.kappa, found.alpha, found.reason) == (pytest.approx(1), pytest.approx(1), None)
    assert found.pairs[0].both.difference == 0


def test_people_who_say_the_opposite_disagree():
    scores = {f"i{i}": i % 6 for i in range(30)}
    found = annotation.measure_agreement(said(anna=scores, ben={item: 5 - score for item, score in scores.items()}))
    assert found.kappa < -0.9 and found.level == "low"


def test_nobody_and_one_person_have_no_agreement():
    one = said(anna={f"i{i}": i % 6 for i in range(40)})
    for table, reason in ((said(), "nobody"), (one, "one_annotator")):
        found = annotation.measure_agreement(table)
        assert (found.kappa, found.alpha, found.reason) == (None, None, reason)
        assert all(one.others.kappa is None and one.others.difference is None for one in found.annotators)


def test_too_few_common_items_are_said_to_be_too_few():
    scores = {f"i{i}": i % 6 for i in range(MIN_COMMON - 1)}
    found = annotation.measure_agreement(said(anna=scores, ben=scores | {"more": 3, "and": 2}))
    assert (found.kappa, found.alpha, found.reason, found.common) == (None, None, "few_common", 19)
    assert found.pairs[0].both == annotation.Coefficients(19, None, None, None, "few_common")
    enough = annotation.measure_agreement(said(anna=scores | {"more": 3}, ben=scores | {"more": 3}))
    assert enough.reason is None and enough.kappa == pytest.approx(1)


def test_where_all_scores_are_equal_agreement_is_missing_and_not_one():
    scores = {f"i{i}": 3 for i in range(30)}
    found = annotation.measure_agreement(said(anna=scores, ben=scores))
    assert (found.kappa, found.alpha, found.reason) == (None, None, "all_equal")
    assert found.pairs[0].both.difference == 0


def test_who_gives_one_score_throughout_has_no_kappa_and_not_zero():
    varied, constant = {f"i{i}": i % 6 for i in range(30)}, {f"i{i}": 3 for i in range(30)}
    found = annotation.measure_agreement(said(anna=varied, ben=constant))
    assert found.pairs[0].both.kappa is None and found.pairs[0].both.reason == "all_equal" and found.kappa is None


def test_three_people_without_enough_in_common_two_by_two_have_an_alpha_but_no_kappa():
    def scores(items) -> dict[str, int]:
        return {f"i{i}": i % 6 for i in items}

    found = annotation.measure_agreement(
        said(anna=scores(range(0, 20)), ben=scores(range(10, 30)), carla=scores([*range(0, 10), *range(20, 30)]))
    )
    assert found.alpha == pytest.approx(1) and found.kappa is None and found.level is None


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_two_who_agree_do_not_speak_for_a_third_who_gave_one_score_alone(language):
    varied, constant = {i: i % 6 for i in range(30)}, dict.fromkeys(range(30), 3)
    found = annotation.measure_agreement(said(anna=varied, ben=varied, carla=constant))
    assert found.kappa is None and found.level is None and found.alpha < 0.6
    t = i18n.Locale(language)
    assert found.silent == ("carla",)
    assert texts.agreement_sentences(t, found) == t("annotation.silent", names="carla", count=1)
    (line,) = texts.missing_lines(t, found)
    assert line == t("annotation.missing", name="carla", why=t("annotation.silent_first"))
    assert annotation.Agreement.from_dict(found.to_dict() | {"kappa": 1.0}) == found, "as earlier versions stored it"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_of_two_people_the_one_who_gave_one_score_throughout_is_named(language):
    varied, constant, t = {i: i % 6 for i in range(30)}, dict.fromkeys(range(30), 3), i18n.Locale(language)
    for ben, silent in ((varied, ["carla"]), (constant, ["ben", "carla"])):
        found = annotation.measure_agreement(said(ben=ben, carla=constant))
        told = texts.agreement_sentences(t, found)
        assert told == t("annotation.silent", names=t.list(silent), count=len(silent))
        again = annotation.Agreement.from_dict(json.loads(json.dumps(found.to_dict())))
        assert again == found and texts.agreement_sentences(t, again) == told
    found = annotation.measure_agreement(said(ben=varied, carla=constant))
    ben, carla = texts.missing_lines(t, found)
    assert ben.endswith(t("annotation.silent_second")) and carla.endswith(t("annotation.silent_first"))
    table = found.to_dict()
    for one in [*table["annotators"], *table["pairs"]]:
        del one.get("others", one.get("both"))["silent"]
    before = annotation.Agreement.from_dict(table)
    said_before = texts.agreement_sentences(t, before)
    assert said_before == texts.reason_sentence(t, "all_equal", 30), "earlier versions did not keep who it was"


def test_an_agreement_survives_json():
    found = annotation.measure_agreement(said(**drawn(3)))
    assert annotation.Agreement.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.slow
def test_agreement_is_measured_in_the_background_and_kept_until_people_go_on(proposed):
    for name in ("Anna", "Ben"):
        judge_all(proposed, name, [i % 6 for i in range(40)])
    assert agreement_job.status(*proposed) == "none" and annotation.read_agreement(*proposed) is None
    launch.start_agreement(*proposed)
    assert agreement_job.status(*proposed) == "running"
    end = time.monotonic() + 120
    while agreement_job.status(*proposed) == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert agreement_job.status(*proposed) == "done"
    assert annotation.read_agreement(*proposed) == annotation.measure_agreement(annotation.judgements(*proposed))
    judge_all(proposed, "Anna", [1])
    assert agreement_job.status(*proposed) == "none"
    assert annotation.read_agreement(*proposed).judgements == 80, "the one before is still there to be read"
    assert annotation.current_agreement(*proposed) is None, "and decides nothing"


def test_no_result_rests_on_an_agreement_that_is_overtaken(proposed):
    for name in ("Anna", "Ben"):
        judge_all(proposed, name, [i % 6 for i in range(30)])
    workspace, dataset = proposed
    assert load_results(workspace, dataset.fingerprint).agreement_is_due
    annotation.keep_agreement(*proposed)
    results = load_results(workspace, dataset.fingerprint)
    assert results.agreement == annotation.current_agreement(*proposed) and not results.agreement_is_due
    judge_all(proposed, "Ben", [5])
    results = load_results(workspace, dataset.fingerprint)
    assert results.agreement is None and results.agreement_is_due


def test_what_needs_no_library_is_measured_at_once(proposed):
    judge_all(proposed, "Anna", [1, 2])
    launch.start_agreement(*proposed)
    assert agreement_job.status(*proposed) == "done"
    assert annotation.read_agreement(*proposed).reason == "one_annotator"


def test_a_measurement_that_fails_is_told_and_not_tried_for_ever(proposed, monkeypatch):
    def broken(table):
        raise RuntimeError

    monkeypatch.setattr(agreement, "measure_agreement", broken)
    judge_all(proposed, "Anna", [1])
    with pytest.raises(RuntimeError):
        annotation.keep_agreement(*proposed)
    assert agreement_job.status(*proposed) == "failed" and annotation.read_agreement(*proposed) is None


def shell(capsys, place, *options: str) -> tuple[int, dict, str]:
    """Exit status, the JSON answer, what went to stderr."""
    workspace, dataset = place
    left = app.main(["label", "--workspace", str(workspace.path), "--dataset", dataset.fingerprint, "--json", *options])
    told = capsys.readouterr()
    return left, json.loads(told.out), told.err


# The shell


def test_the_shell_proposes_exports_and_tells_agreement(shop, capsys, tmp_path):
    left, found, _ = shell(capsys, shop, "--propose", "40", "--seed", "3")
    assert left == 0 and found["added"] == 40 == len(found["items"]) and found["measure"] == "spelling"
    for name in ("Anna", "Ben"):
        judge_all(shop, name, [i % 6 for i in range(40)])
    left, found, _ = shell(capsys, shop, "--export", str(tmp_path / "out" / "judged.csv"))
    assert left == 0 and found["pairs"] == 40
    assert (tmp_path / "out" / "judged.csv").read_bytes() == csv_for_upload(annotation.judged(*shop))
    left, found, _ = shell(capsys, shop, "--agreement")
    assert left == 0 and found["effort"]["judgements"] == 80
    assert annotation.Agreement.from_dict(found["agreement"]) == annotation.read_agreement(*shop)
    assert agreement_job.status(*shop) == "done"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_shell_tells_the_same_sentences_as_the_page(proposed, capsys, language):
    judge_all(proposed, "Anna", [1, 2])
    workspace, dataset = proposed
    given = [
        "label",
        "--workspace",
        str(workspace.path),
        "--dataset",
        dataset.name,
        "--language",
        language,
        "--agreement",
    ]
    assert app.main(given) == 0
    told = capsys.readouterr().out
    t = i18n.Locale(language)
    assert texts.effort_sentences(t, annotation.annotation_effort(*proposed)) in told
    assert texts.agreement_sentences(t, annotation.read_agreement(*proposed)) in told and "Anna" in told


def test_the_shell_refuses_in_words(shop, capsys, tmp_path):
    for options, code in (
        (["--propose", "0"], "setting_out_of_range"),
        (["--export", str(tmp_path / "x.csv")], "nothing_judged"),
        (["--agreement", "--propose", "3"], "command_unreadable"),
        ([], "command_unreadable"),
    ):
        left, found, err = shell(capsys, shop, *options)
        assert left == 2 and found["error"]["code"] == code and err
    assert not (tmp_path / "x.csv").exists()
