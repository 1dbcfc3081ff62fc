"""From a measured proof of concept to its return: the saving is that of the cost room, at any prices and against people; nothing is made up."""

import dataclasses
import datetime
from statistics import fmean

import numpy as np
import pytest
from example_poc import PRICES, analysed, complete, config, evaluated, import_example, seconds_of

from kdmcse import annotation, cost
from kdmcse.cost import Prices, Repriced, Review, SegmentPrices, Thresholds, estimate_costs
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation.roi import axes_sentence
from kdmcse.results.outlook import (
    BREAK_EVENS,
    OTHER_RATES,
    Outlooks,
    assumed_inputs,
    check_prices,
    default_scenario,
    has_saving,
    measured_judging,
    score_gain,
)
from kdmcse.roi import Scenario, Today
from kdmcse.store.workspace import Workspace

TODAY = datetime.date(2026, 4, 1)
PEOPLE = Today(process="people", price_per_decision=40, accuracy=0.95)
SEGMENTS = {"mug": SegmentPrices(100, 900, 4_000, 0.2), "lamp": SegmentPrices(500, 200, 9_000, 0.05, benefit=30)}


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", decisions=300)
    complete(workspace, dataset, seeds=(0, 1))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return analysed(workspace, dataset)


@pytest.fixture(scope="module")
def measured(gathered):
    return outlooks_of(gathered)


def outlooks_of(found) -> Outlooks:
    return Outlooks(found.results, found.verdicts(), found.costs(), found.decision(TODAY))


def costs(gathered, method: str, prices: Prices) -> float:
    """By the slow way: every run priced, the mean over seeds."""
    tables = {run.id: gathered.costs().decisions[run.id] for run in gathered.results.of_method(method)}
    return fmean(estimate.monthly_cost for estimate in estimate_costs(tables, prices).values())


# Many prices at once


@pytest.mark.parametrize("review", [None, Review(20, 0.9)], ids=["alone", "reviewed"])
@pytest.mark.parametrize("segments", [{}, SEGMENTS], ids=["whole", "segments"])
def test_models_that_are_priced_again_cost_what_the_estimate_says(gathered, review, segments):
    rng = np.random.default_rng(0)
    names = np.array(["mug", "lamp", "plate"])
    tables = {
        run: table.assign(segment=names[np.arange(len(table)) % 3]) for run, table in gathered.costs().decisions.items()
    }
    repriced = Repriced(tables)
    for _ in range(6):
        rest = dict(zip(("false_match", "missed_match", "monthly_volume"), rng.uniform(1, 2_000, 3), strict=True))
        prices = Prices("JPY", **rest, base_rate=rng.uniform(), segments=segments, review=review)
        slow = {run: estimate.monthly_cost for run, estimate in estimate_costs(tables, prices).items()}
        assert repriced.costs(prices) == pytest.approx(slow, rel=1e-9)


def test_thresholds_that_take_all_or_none_are_priced_too(gathered):
    for false, missed in ((0, 100), (100, 0), (1e9, 1)):
        prices = dataclasses.replace(PRICES, false_match=false, missed_match=missed)
        slow = {
            run: estimate.monthly_cost for run, estimate in estimate_costs(gathered.costs().decisions, prices).items()
        }
        assert Repriced(gathered.costs().decisions).costs(prices) == pytest.approx(slow, rel=1e-9, abs=1e-9)


# The saving


def test_the_saving_is_that_of_the_cost_page(gathered, measured):
    found = measured.of(default_scenario(gathered.results, "Now")).found
    by_hand = costs(gathered, "baseline", PRICES) - costs(gathered, "kdmcse", PRICES)
    assert found.saving.estimate == pytest.approx(by_hand, rel=1e-9) == pytest.approx(gathered.costs().saving, rel=1e-9)
    interval = gathered.costs().verdict.difference
    assert (found.saving.low, found.saving.high) == pytest.approx((interval.low, interval.high))
    assert found.saving.level == interval.level


def test_where_people_decide_the_saving_is_what_they_cost_more(gathered, measured):
    saving = measured.saving(PRICES.to_dict(), PEOPLE)
    mistake = 0.1 * 1200 + 0.9 * 300
    by_hand = 20_000 * (40 + 0.05 * mistake) - costs(gathered, "kdmcse", PRICES)
    assert saving.estimate == pytest.approx(by_hand, rel=1e-9) == measured.saving_of(PRICES.to_dict(), PEOPLE)
    cost_now = gathered.costs().comparison.best["kdmcse"].cost
    assert saving.high - saving.low == pytest.approx(cost_now.high - cost_now.low)
    assert saving.low < saving.estimate < saving.high


def test_people_are_priced_in_every_segment(gathered, measured):
    prices = Prices("JPY", 300, 1200, 20_000, 0.1, segments=SEGMENTS)
    by_hand = sum(
        PEOPLE.people_cost(**one.to_dict()) for one in (*SEGMENTS.values(), SegmentPrices(300, 1200, 20_000, 0.1))
    )
    by_hand -= costs(gathered, "kdmcse", prices)
    assert measured.saving_of(prices.to_dict(), PEOPLE) == pytest.approx(by_hand, rel=1e-9)


def test_other_prices_have_their_own_saving_and_interval(gathered, measured):
    dear = dataclasses.replace(PRICES, false_match=900, monthly_volume=5_000)
    scenario = dataclasses.replace(default_scenario(gathered.results, "Dear"), prices=dear.to_dict())
    found = measured.of(scenario).found
    by_hand = costs(gathered, "baseline", dear) - costs(gathered, "kdmcse", dear)
    assert found.saving.estimate == pytest.approx(by_hand, rel=1e-9)
    assert found.saving.estimate != pytest.approx(gathered.costs().saving, rel=0.1)
    assert found.saving.low < by_hand < found.saving.high


def test_prices_that_are_not_allowed_are_told(measured):
    with pytest.raises(UserError) as refused:
        measured.saving_of({"currency": "JPY", "false_match": 1}, Today())
    assert refused.value.code == "price_missing"


REVIEWED = dataclasses.replace(
    PRICES, review=Review(20, 0.7), today=Thresholds(threshold=0.6, review_threshold=0.5)
).to_dict()


@pytest.mark.parametrize(
    ("ranges", "code", "field"),
    [
        ({"review/accuracy": (0.4, 1)}, "setting_out_of_range", "review/accuracy"),
        ({"today/review_threshold": (0.5, 0.65)}, "thresholds_crossed", "today/review_threshold"),
        ({"today/threshold": (0.45, 0.7)}, "thresholds_crossed", "today/review_threshold"),
        ({"today/threshold": (0.55, 0.7), "today/review_threshold": (0.4, 0.57)}, "thresholds_crossed", "today/review_threshold"),
    ],
)  # fmt: skip
def test_a_range_that_the_prices_refuse_is_told_before_anything_rests_on_it(gathered, measured, ranges, code, field):
    paths = {f"prices/{path}": ends for path, ends in ranges.items()}
    scenario = dataclasses.replace(default_scenario(gathered.results, "Wide"), prices=REVIEWED)
    wide = dataclasses.replace(scenario, ranges=paths)
    for refusing in (measured.of, check_prices):
        with pytest.raises(UserError) as refused:
            refusing(wide)
        assert (refused.value.code, refused.value.fields["field"]) == (code, f"prices/{field}")


def test_the_ranges_that_are_proposed_for_prices_are_allowed_ones(gathered, measured):
    scenario = dataclasses.replace(default_scenario(gathered.results, "Usual"), prices=REVIEWED, today=PEOPLE)
    usual = {path: scenario.range_of(path) for path in scenario.inputs}
    ranged = dataclasses.replace(scenario, ranges={path: (one.low, one.high) for path, one in usual.items()})
    check_prices(ranged)
    assert measured.of(ranged).sensitivity.band.draws and len(measured.of(scenario).sensitivity.tornado)


# What it hangs on


def test_an_outlook_has_all_of_it_within_a_redraw(gathered, measured):
    scenario = default_scenario(gathered.results, "Now").with_inputs(
        {"effort/engineering_days": 20, "effort/hosting_monthly": 50_000}
    )
    outlook = measured.of(scenario)
    assert outlook.sensitivity.band.probability_positive > 0.5 and outlook.sensitivity.tornado["swing"].iloc[0] > 0
    assert 1 <= len(outlook.sensitivity.break_evens) <= BREAK_EVENS
    ends = outlook.sensitivity.break_evens.melt("input", ["pays_from", "pays_up_to"]).dropna()
    for row in ends.itertuples():
        at_zero = outlook.found.net_present_value_at({row.input: row.value})
        assert abs(at_zero) < 1e-3 * abs(outlook.found.net_present_value), row.input
    effort = [days for days in range(30, 34)]

    def redraw() -> None:
        changed = measured.of(scenario.with_inputs({"effort/engineering_days": effort.pop()}))
        assert axes_sentence(Locale("en"), changed.axes) and len(changed.sensitivity.break_evens)

    assert seconds_of(redraw) < 1.5


def test_all_axes_come_from_one_proof_of_concept(gathered, measured):
    axes = measured.of(default_scenario(gathered.results, "Now")).axes
    frame = axes.frame.set_index("figure")
    assert frame.loc["score", "value"] == gathered.verdicts().deciding.difference.estimate
    assert frame.loc["saving", "value"] == pytest.approx(gathered.costs().saving)
    assert axes.decision == gathered.decision(TODAY).value


# A scenario to start from


def test_what_ratings_measure_is_offered_from_thirty_on_and_never_taken(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    for method in ("baseline", "kdmcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(PRICES, currency="EUR"))
    effort = default_scenario(analysed(workspace, dataset).results, "Now").effort
    assert (effort.seconds_per_judgement, effort.seconds_are) == (30, "assumed")
    assert effort.pairs == dataset.counts["sts_usable"] + dataset.counts["decisions_usable"]
    assert (effort.hourly_rate, effort.day_rate) == OTHER_RATES
    assert effort.gpu_hours == round(2 * 61.5 / 3600, 2) and effort.engineering_days > 0
    assumed = effort
    annotation.propose(workspace, dataset, 30)
    for judged in range(1, 31):
        item = annotation.annotation_queue(workspace, dataset, "Aiko").item.id
        annotation.judge(workspace, dataset, "Aiko", item, 3, 12.0)
        results = analysed(workspace, dataset).results
        assert default_scenario(results, "Now").effort == assumed
        assert bool(measured_judging(results)) == (judged == 30), "a few clicks measure nothing"
    assert measured_judging(results) == {"effort/seconds_per_judgement": 12, "effort/annotators": 1}


def test_effort_is_assumed_as_long_as_any_of_it_is_as_proposed(gathered):
    proposed = default_scenario(gathered.results, "Now")
    rates = {"effort/hourly_rate": 2_800, "effort/day_rate": 55_000, "effort/gpu_hour_price": 250}
    own = rates | {"effort/engineering_days": 15, "effort/hosting_monthly": 9_000, "effort/people_monthly": 50_000}
    own |= {"effort/seconds_per_judgement": 12, "effort/annotators": 3}
    for left in own:
        others = {path: value for path, value in own.items() if path != left}
        assert assumed_inputs(proposed.with_inputs(others)) == [left]
    assert assumed_inputs(proposed.with_inputs(own)) == []
    judging = {"effort/seconds_per_judgement", "effort/annotators"}
    measured = dataclasses.replace(proposed, effort=dataclasses.replace(proposed.effort, seconds_are="measured"))
    assert {*assumed_inputs(measured)} == {*own} - judging, "what is measured replaces nothing else that is assumed"


def test_without_costs_or_prices_nothing_is_proposed(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    evaluated(workspace, dataset, config(dataset, "baseline"), 0.5)
    found = analysed(workspace, dataset)
    assert not has_saving(found.costs()) and score_gain(found.verdicts()) is None
    for refused in (lambda: outlooks_of(found), lambda: default_scenario(found.results, "Now")):
        with pytest.raises(ValueError):
            refused()


def test_a_proposal_is_a_scenario_that_can_be_kept(gathered):
    scenario = default_scenario(gathered.results, "Now")
    assert Scenario.from_dict(scenario.to_dict()) == scenario and scenario.prices == PRICES.to_dict()
