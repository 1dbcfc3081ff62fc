"""Does it pay? What is typed is kept, what is wrong is told at its field, and figures are shown where they may be."""

import dataclasses
import datetime
import json
import re
import shutil
import time
from types import SimpleNamespace

import pytest
from example_poc import PRICES, analysed, complete, config, evaluated, import_example
from pages_under_test import Sent, elements, open_page, shown

from dashboard.forms import roi_inputs
from kdmcse import annotation, cost, data
from kdmcse import i18n as words
from kdmcse.criteria import locking
from kdmcse.presentation import roi
from kdmcse.presentation.break_evens import break_even, undeciding_sentence
from kdmcse.results import analysis
from kdmcse.results.outlook import ASSUMED_DAYS, default_scenario
from kdmcse.roi import Today, scenario_store
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Measured, agreed and priced."""
    folder = tmp_path_factory.mktemp("returns")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", decisions=300)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return workspace, dataset


@pytest.fixture
def place(made, tmp_path):
    """A copy that a test may write into."""
    shutil.copytree(made[0].path, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace"), made[1].fingerprint


def field(app, path: str, kind: str = "number_input"):
    return next(one for one in getattr(app, kind) if one.key.startswith(f"{path}_"))


def told(app) -> str:
    """All that can be read, without escapes."""
    return re.sub(r"\\(.)", r"\1", "\n".join(text for text in shown(app) if not text.startswith("<style>")))


def draft(place, id=roi_inputs.UNSAVED) -> dict:
    return scenario_store.read_draft(*place, id) or {}


def charts(app) -> list[dict]:
    return [json.loads(e.proto.spec) for e in elements(app._tree) if e.type == "plotly_chart"]


GROUPS = [f"roi_{group}" for group in roi_inputs.GROUPS]


# What is shown


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_answer_is_payback_and_value_and_one_table_has_all_axes(place, language, monkeypatch):
    app = open_page(place[0].path, "roi", language, monkeypatch)
    assert not app.exception and not app.error
    gathered = analysed(*place)
    outlook = gathered.outlook(
        default_scenario(gathered.results, words.Locale(language)("page_roi.unsaved")), datetime.date.today()
    )
    text, t = told(app), words.Locale(language)
    assert roi.answer_sentence(t, outlook.axes) in text
    assert words.Locale(language)(f"shared.decision.{gathered.decision(datetime.date.today()).value}") in text
    table = re.sub(r"\\(.)", r"\1", app.table[0].value.to_csv())
    for axis in ("score", "cost", "effort", "return"):
        assert words.Locale(language)(f"roi.axis.{axis}") in table
    assert roi.band_sentence(t, outlook.sensitivity.band, "JPY") in text
    drawn = charts(app)
    unit = {"en": "¥", "ja": "円"}[language]
    assert len(drawn) == 2 and all(unit in tick for one in drawn for tick in one["layout"]["xaxis"]["ticktext"])
    told_apart = outlook.sensitivity.break_evens
    rows = "\n".join(re.sub(r"\\(.)", r"\1", one.value.to_csv()) for one in app.table)
    for one in told_apart.itertuples():
        pays = break_even(t, one.input, one.base, one.pays_from, one.pays_up_to, "JPY")
        assert pays is None or words.capital(pays) in rows
    assert undeciding_sentence(t, told_apart) in (None, *text.split("\n"))
    alts = [e.proto.alt for e in elements(app._tree) if e.type == "plotly_chart"]
    assert alts == [words.Locale(language)(f"page_roi.{name}.alt") for name in ("tornado", "draws")]


def test_every_field_has_its_unit_and_help(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    for path in (path for paths in roi_inputs.GROUPS.values() for path in paths):
        if path in roi_inputs.CHOICES or path.startswith("today/"):
            continue
        found = field(app, path)
        assert found.help == words.Locale("en")(f"roi.input_help.{path.split('/')[-1]}")
        unit = "%" if roi.kind(path) == "share" else roi.unit(words.Locale("en"), path, "JPY")
        assert found.label == f"{roi_inputs.called(words.Locale('en'), path)} ({unit})"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_where_people_decide_their_price_and_accuracy_are_asked_for(place, language, monkeypatch):
    app = open_page(place[0].path, "roi", language, monkeypatch)
    field(app, "today/process", "selectbox").set_value("people").run()
    missing = words.Locale(language)(
        "errors.input_missing.message", field=roi_inputs.called(words.Locale(language), "today/accuracy")
    )
    assert missing in told(app) and not charts(app)
    field(app, "today/price_per_decision").set_value(40.0).run()
    field(app, "today/accuracy").set_value(95.0).run()
    assert not app.error and not app.exception
    gathered = analysed(*place)
    today = Today(process="people", price_per_decision=40, accuracy=0.95)
    scenario = dataclasses.replace(
        default_scenario(gathered.results, words.Locale(language)("page_roi.unsaved")), today=today
    )
    assert roi.answer_sentence(words.Locale(language), gathered.outlook(scenario, datetime.date.today()).axes) in told(
        app
    )


# What is typed


def test_what_is_typed_is_kept_when_the_page_is_left_reloaded_or_open_twice(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    assert draft(place) == {}, "nothing was typed"
    hosting = field(app, "effort/hosting_monthly").value
    field(app, "effort/engineering_days").set_value(40.0).run()
    field(app, "yearly_rate").set_value(7.5).run()
    assert draft(place)["values"] == {"effort/engineering_days": 40, "yearly_rate": 0.075}
    again = open_page(place[0].path, "roi", "en", monkeypatch)
    assert field(again, "effort/engineering_days").value == 40 and field(again, "yearly_rate").value == 7.5
    field(again, "effort/hosting_monthly").set_value(90_000.0).run()
    field(app, "horizon_months").set_value(24.0).run()
    assert draft(place)["values"] == {
        "effort/engineering_days": 40,
        "yearly_rate": 0.075,
        "effort/hosting_monthly": 90_000,
        "horizon_months": 24,
    }, "what both tabs typed"
    assert field(app, "effort/hosting_monthly").value == 90_000, "the other tab sees it"
    assert field(app, "horizon_months").value == 24
    for path, value in (("yearly_rate", 5.0), ("horizon_months", 36.0), ("effort/hosting_monthly", hosting)):
        field(app, path).set_value(value).run()
    assert draft(place)["values"] == {"effort/engineering_days": 40}, "what is as proposed follows the proposal"


def test_what_was_typed_counts_where_nobody_has_opened_its_inputs(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    field(app, "effort/engineering_days").set_value(40.0).run()
    field(app, "today/process", "selectbox").set_value("people").run()
    field(app, "today/price_per_decision").set_value(40.0).run()
    field(app, "today/accuracy").set_value(95.0).run()
    app.multiselect[0].set_value(["effort/engineering_days"]).run()
    typed, sentences = draft(place), told(app).split("\n")
    closed = open_page(place[0].path, "roi", "en", monkeypatch, folded=(*GROUPS, "ranges"))
    assert [one.key.split("_")[1] for one in closed.number_input] == ["effort/engineering"] * 2, "its range alone"
    assert draft(place) == typed
    answer = next(line for line in told(closed).split("\n") if "net present value" in line and "payback" in line)
    assert answer in sentences


def test_a_group_with_a_wrong_input_is_opened(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    field(app, "horizon_months").set_value(0.0).run()
    closed = open_page(place[0].path, "roi", "en", monkeypatch, folded=GROUPS)
    assert closed.error and field(closed, "horizon_months").value == 0
    assert [one.proto.expanded for one in closed.expander if one.label in _titles()] == [False, False, False, True]


def test_what_is_wrong_in_a_part_that_was_closed_is_told_where_it_can_be_seen(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    field(app, "ranges", "multiselect").set_value(["horizon_months"]).run()
    assert not app.error
    for closed, seen in ((False, True), (True, False)):
        app.session_state["folded_ranges"] = not closed
        field(app, "horizon_months").set_value(500.0).run()
        [wrong] = app.error
        inside = [one.value for fold in app.expander if fold.proto.expanded for one in fold.error]
        assert (wrong.value in inside) == seen
        field(app, "horizon_months").set_value(36.0).run()
        assert not app.error


def test_what_people_cost_is_no_mistake_where_nobody_is_asked(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    field(app, "today/process", "selectbox").set_value("people").run()
    field(app, "today/price_per_decision").set_value(40.0).run()
    field(app, "today/accuracy").set_value(150.0).run()
    assert app.error and not charts(app)
    field(app, "today/process", "selectbox").set_value("baseline").run()
    assert not app.error and charts(app)
    field(app, "today/process", "selectbox").set_value("people").run()
    assert app.error and field(app, "today/accuracy").value == 150, "it is kept"


def test_what_people_cost_goes_into_a_version_and_its_range_is_no_mistake_where_nobody_is_asked(place):
    proposed = default_scenario(analysed(*place).results, "Now")
    base = scenario_store.save(*place, proposed)
    typed = {"today/process": "people", "today/price_per_decision": 40.0, "today/accuracy": 0.95}
    ranges = {"today/price_per_decision": [30.0, 50.0]}

    def edited(**values):
        draft = SimpleNamespace(content={"values": typed | values, "ranges": ranges})
        return roi_inputs.EditedScenario(base.id, base, base.scenario, "baseline", draft)

    assert edited().checked.scenario.ranges == {"today/price_per_decision": (30.0, 50.0)}
    back = edited(**{"today/process": "baseline"}).checked
    assert not back.problems and back.scenario.today.price_per_decision == 40, "it is stored, though not used"
    for wrong in ({"today/accuracy": 1.5}, {"today/price_per_decision": None}):
        kept = edited(**{"today/process": "baseline"} | wrong).checked
        assert not kept.problems and kept.scenario.today.process == "baseline"
        assert edited(**wrong).checked.scenario is None


def _titles() -> list[str]:
    return [words.Locale("en")(f"page_roi.group.{group}") for group in roi_inputs.GROUPS]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_changed_input_covers_every_figure_before_it_says_saved_and_shows_new_ones_after(
    place, language, monkeypatch
):
    app, t = open_page(place[0].path, "roi", language, monkeypatch), words.Locale(language)
    sent = Sent(monkeypatch)

    def figures_of(*given, before=analysis.Outlooks.of):
        sent.mark("(computed)")
        return before(*given)

    monkeypatch.setattr(analysis.Outlooks, "of", figures_of)
    app.run()
    assert not sent.when(t("shared.recalculating")) and not sent.when("(computed)")
    for path, kind, value in (
        ("effort/engineering_days", "number_input", 41.0),
        ("shape", "selectbox", "uniform"),
        ("ranges", "multiselect", ["horizon_months"]),
    ):
        sent.messages.clear()
        field(app, path, kind).set_value(value).run()
        covers = sent.when(t("shared.recalculating"))
        assert len(covers) == 5, path  # the answer and four sections
        sent.covers(t("shared.recalculating"), saved=t("page_roi.saved"), computed="(computed)")
        assert t("shared.recalculating") not in told(app) and not app.exception


def test_prices_that_are_taken_over_cover_every_figure(place, monkeypatch):
    kept = scenario_store.save(*place, default_scenario(analysed(*place).results, "Plan"))
    cost.write_prices(*place, dataclasses.replace(PRICES, false_match=900))
    app = open_page(place[0].path, "roi", "en", monkeypatch, scenario=kept.id)
    sent = Sent(monkeypatch)
    app.button(key="take_prices").click().run()
    assert len(sent.when(words.Locale("en")("shared.recalculating"))) == 5 and not app.exception
    assert charts(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_is_wrong_is_told_at_its_field_and_kept(place, language, monkeypatch):
    app = open_page(place[0].path, "roi", language, monkeypatch)
    t = words.Locale(language)
    field(app, "saving_share").set_value(-20.0).run()
    field(app, "effort/hourly_rate").set_value(-1.0).run()
    field(app, "horizon_months").set_value(0.0).run()
    said = [re.sub(r"\\(.)", r"\1", error.value) for error in app.error]
    assert len(said) == 3 and not app.exception
    assert any(roi_inputs.called(t, "saving_share") in one and "-20%" in one for one in said)
    assert any(roi_inputs.called(t, "effort/hourly_rate") in one for one in said)
    assert any(roi_inputs.called(t, "horizon_months") in one for one in said)
    assert words.Locale(language)("page_roi.wrong") in told(app) and not charts(app)
    assert not re.search(r"effort/|saving_share|None", " ".join(said))
    again = open_page(place[0].path, "roi", language, monkeypatch)
    assert field(again, "saving_share").value == -20 and field(again, "effort/hourly_rate").value == -1
    for path, value in (("saving_share", 80.0), ("effort/hourly_rate", 3_000.0), ("horizon_months", 12.0)):
        field(again, path).set_value(value).run()
    assert not again.error and len(charts(again)) == 2


def test_a_number_that_was_saved_can_be_emptied_again(place, monkeypatch):
    kept = scenario_store.save(*place, default_scenario(analysed(*place).results, "Own"))
    app = open_page(place[0].path, "roi", "en", monkeypatch, scenario=kept.id)
    numbers = [one for one in app.number_input if one.key.startswith("effort/")]
    assert numbers and not any(one.proto.HasField("default") for one in numbers), "one with a default is never empty"
    field(app, "effort/pairs").set_value(None).run()
    assert draft(place, kept.id)["values"] == {"effort/pairs": None}
    name = roi_inputs.called(words.Locale("en"), "effort/pairs")
    assert words.Locale("en")("errors.input_missing.message", field=name) in told(app)
    again = open_page(place[0].path, "roi", "en", monkeypatch, scenario=kept.id)
    assert field(again, "effort/pairs").value is None


def test_a_range_of_ones_own_is_kept_told_and_used(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    chosen = next(one for one in app.multiselect if one.key.startswith("ranges_"))
    chosen.set_value(["saving_share"]).run()
    assert draft(place)["ranges"] == {"saving_share": [0.8, 1.2]} and not app.error, "it begins with the usual one"
    field(app, "high_saving_share").set_value(None).run()
    assert any("lacks one of its ends" in error.value for error in app.error)
    field(app, "low_saving_share").set_value(60.0).run()
    field(app, "high_saving_share").set_value(90.0).run()
    assert any(
        "does not contain" in error.value and "100%" in re.sub(r"\\(.)", r"\1", error.value) for error in app.error
    )
    field(app, "high_saving_share").set_value(120.0).run()
    assert not app.error and draft(place)["ranges"] == {"saving_share": [0.6, 1.2]}
    again = open_page(place[0].path, "roi", "en", monkeypatch)
    assert field(again, "low_saving_share").value == 60
    chosen = next(one for one in again.multiselect if one.key.startswith("ranges_"))
    chosen.set_value([]).run()
    assert draft(place)["ranges"] == {} and not again.error


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_range_that_the_prices_refuse_is_told_at_its_field_and_the_one_that_is_proposed_is_taken(
    place, language, monkeypatch
):
    path, t = "prices/review/accuracy", words.Locale(language)
    cost.write_prices(*place, dataclasses.replace(PRICES, review=cost.Review(20, 0.7)))
    app = open_page(place[0].path, "roi", language, monkeypatch)
    field(app, "ranges", "multiselect").set_value([path]).run()
    assert (field(app, f"low_{path}").value, field(app, f"high_{path}").value) == (50, 100)
    assert not app.error and not app.exception and len(charts(app)) == 2
    field(app, f"low_{path}").set_value(40.0).run()
    [wrong] = [re.sub(r"\\(.)", r"\1", error.value) for error in app.error]
    assert roi_inputs.called(t, path) in wrong and "40" in wrong and "50" in wrong
    assert t("page_roi.wrong") in told(app) and not app.exception and not charts(app)
    assert field(app, f"low_{path}").value == 40, "it is kept"


@pytest.mark.slow
def test_a_saved_scenario_is_edited_without_touching_the_others(place, monkeypatch):
    gathered = analysed(*place)
    kept = scenario_store.save(
        *place, dataclasses.replace(default_scenario(gathered.results, "Own"), ranges={"saving_share": (0.5, 1.5)})
    )
    app = open_page(place[0].path, "roi", "en", monkeypatch, scenario=kept.id)
    field(app, "effort/engineering_days").set_value(12.0).run()
    assert draft(place) == {} and draft(place, kept.id)["values"] == {"effort/engineering_days": 12}
    assert draft(place, kept.id)["seen"] == 1
    chosen = next(one for one in app.multiselect if one.key.startswith("ranges_"))
    assert chosen.value == ["saving_share"]
    chosen.set_value([]).run()
    assert draft(place, kept.id)["ranges"] == {"saving_share": None}
    other = open_page(place[0].path, "roi", "en", monkeypatch)
    assert field(other, "effort/engineering_days").value == ASSUMED_DAYS
    select = next(one for one in other.selectbox if one.key.startswith("scenario_"))
    select.set_value(kept.id).run()
    assert field(other, "effort/engineering_days").value == 12
    assert other.query_params["scenario"] in (kept.id, [kept.id])


def test_other_prices_than_those_of_the_cost_page_are_told_and_can_be_replaced(place, monkeypatch):
    dear = dataclasses.replace(PRICES, missed_match=2_400).to_dict()
    kept = scenario_store.save(
        *place, dataclasses.replace(default_scenario(analysed(*place).results, "Dear"), prices=dear)
    )
    app = open_page(place[0].path, "roi", "en", monkeypatch, scenario=kept.id)
    assert words.Locale("en")("page_roi.prices.other") in told(app) and not app.exception
    app.button(key="take_prices").click().run()
    assert words.Locale("en")("page_roi.prices.present") in told(app)
    assert draft(place, kept.id)["prices"] == PRICES.to_dict()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_ratings_measured_is_offered_and_taken_only_when_somebody_says_so(place, language, monkeypatch):
    t, dataset = words.Locale(language), data.open_dataset(*place)
    annotation.propose(place[0], dataset, 30)
    for item in annotation.read_items(place[0], dataset):
        annotation.judge(place[0], dataset, "Aiko", item.id, 3, 12.0)
    app = open_page(place[0].path, "roi", language, monkeypatch)
    seconds, people = "effort/seconds_per_judgement", "effort/annotators"
    assert (field(app, seconds).value, field(app, people).value) == (30, 2) and draft(place) == {}
    assert t("page_roi.measured.seconds_per_judgement", value="12", count=30) in told(app)
    app.button(key="use_seconds_per_judgement").click().run()
    assert (field(app, seconds).value, field(app, people).value) == (12, 2) and not app.exception
    assert draft(place)["values"] == {seconds: 12, "effort/seconds_are": "measured"}
    assert t("page_roi.measured.seconds_per_judgement", value="12", count=30) not in told(app)
    app.button(key="use_annotators").click().run()
    assert field(app, people).value == 1 and draft(place)["values"][people] == 1
    assert not [one for one in app.button if one.key.startswith("use_")]


# Where there is nothing to show


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_without_criteria_prices_or_costs_the_way_is_shown(tmp_path, language, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source")
    assert words.Locale(language)("page_roi.no_prices.title") in told(
        open_page(workspace.path, "roi", language, monkeypatch)
    )
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    app = open_page(workspace.path, "roi", language, monkeypatch)
    assert words.Locale(language)("page_criteria.needed.title") in told(app)
    field(app, "effort/engineering_days").set_value(40.0).run()
    assert not re.search("[¥￥]", told(app)), "effort may be typed, and no result is shown"
    for method in ("baseline", "mcse"):
        evaluated(workspace, dataset, config(dataset, method), 0.5)
    assert locking.current(workspace, dataset.fingerprint)
    app = open_page(workspace.path, "roi", language, monkeypatch)
    assert words.Locale(language)("page_roi.no_costs.title") in told(app) and not app.exception


@pytest.mark.slow
def test_a_redraw_is_quick(place, monkeypatch):
    app = open_page(place[0].path, "roi", "en", monkeypatch)
    times = []
    for days in (11.0, 12.0, 13.0):
        start = time.process_time()
        field(app, "effort/engineering_days").set_value(days).run()
        times.append(time.process_time() - start)
    assert min(times) < 2


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_effort_that_nobody_entered_is_marked_as_assumed_until_somebody_does(place, language, monkeypatch):
    app, t = open_page(place[0].path, "roi", language, monkeypatch), words.Locale(language)
    names = ["hourly_rate", "engineering_days", "day_rate", "gpu_hour_price", "hosting_monthly", "people_monthly"]
    paths = [f"effort/{name}" for name in (*names, "seconds_per_judgement", "annotators")]
    assert roi.assumed_sentence(t, paths) in told(app)
    field(app, paths.pop(1)).set_value(40.0).run()
    assert roi.assumed_sentence(t, paths) in told(app), "what is left"
    for path in paths:
        field(app, path).set_value(40.0)
    app.run()
    assert roi.assumed_sentence(t, []) is None
    assert t("roi.assumed", names="").split(t("shared.colon"))[0] not in told(app) and not app.exception
