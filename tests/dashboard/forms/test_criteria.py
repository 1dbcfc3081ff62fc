"""Results are shown once somebody agreed on what they are to show; what is typed is kept, and what is locked can be read."""

import datetime
import json
import re
import shutil

import pytest
from example_datasets import import_pilot, pilot
from example_poc import PRICES, agreed, complete, config, import_example
from pages_under_test import CANARY, elements, open_page, shown

from kdmcse import cost, sample
from kdmcse import i18n as words
from kdmcse.criteria import criteria, locking
from kdmcse.engine import queue
from kdmcse.engine.runs import create
from kdmcse.governance.deletion import delete_dataset
from kdmcse.i18n import Locale
from kdmcse.presentation.criteria import version_sentence
from kdmcse.store.workspace import Workspace

RESULTS = ("overview", "scores", "disagreements", "benchmarks", "cost", "roi", "effort", "map", "report", "meeting")
"""Pages that show what was measured."""
TERMS = {"extend": {"least_pairs": 100_000}, "stop": {"least_gain": 0.9, "stop_below": 0.9}}
"""What leads to which decision on the example; a go is that of the sample."""


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "source")


@pytest.fixture
def measured(workspace, dataset):
    """Everything has results and a price, and nothing was agreed: as datasets are that came before there were contracts."""
    complete(workspace, dataset, seeds=(0, 1))
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    shutil.rmtree(workspace.contracts / dataset.fingerprint)
    return dataset


def field(app, name: str, kind: str = "number_input"):
    return next(one for one in getattr(app, kind) if one.key.startswith(f"criteria_{name}_"))


def people(app, *names: str):
    """Type names, each on the line that is empty."""
    for name in names:
        lines = [one for one in app.text_input if one.key.startswith("criteria_name_")]
        lines[-1].set_value(name).run()
    return app


def told(app) -> str:
    """All that can be read, without escapes."""
    return re.sub(r"\\(.)", r"\1", "\n".join(text for text in shown(app) if not text.startswith("<style>")))


def tables(app) -> str:
    """Every table, its cells between commas, without escapes."""
    return re.sub(r"\\(.)", r"\1", "\n".join(table.value.to_csv() for table in app.table))


# Results wait


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("page", RESULTS)
def test_no_result_is_shown_before_somebody_agreed(workspace, measured, page, language, monkeypatch):
    app = open_page(workspace.path, page, language, monkeypatch)
    assert not app.exception and not app.error
    text = told(app)
    assert words.Locale(language)("page_criteria.needed.title") in text
    assert not re.search(r"0\.\d{3}|¥|￥", text), "no score and no cost"
    assert any(e.proto.page.endswith("criteria") for e in elements(app._tree) if e.type == "page_link")


@pytest.mark.slow
@pytest.mark.parametrize("page", RESULTS)
def test_results_are_shown_once_it_is_locked(workspace, measured, page, monkeypatch):
    agreed(workspace, measured)
    app = open_page(workspace.path, page, "en", monkeypatch)
    text = told(app) + tables(app)
    assert words.Locale("en")("page_criteria.needed.title") not in text
    assert page in ("map", "benchmarks") or re.search(r"0\.\d{2}", text)


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("value, terms", TERMS.items())
def test_every_decision_is_said_on_each_page_that_has_it(workspace, measured, value, terms, language, monkeypatch):
    agreed(workspace, measured, **terms)
    t = words.Locale(language)
    for page in ("overview", "roi"):
        app = open_page(workspace.path, page, language, monkeypatch)
        assert not app.exception and not app.error, page
        word = t(f"shared.decision.{value}")
        assert any(text.endswith(f"{word}]") or text.startswith(word) for text in shown(app)), "badge or headline"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_stop_says_why_and_asks_for_no_further_training(workspace, measured, language, monkeypatch):
    agreed(workspace, measured, least_gain=0.6, stop_date="2020-03-31")
    t = words.Locale(language)
    app = open_page(workspace.path, "overview", language, monkeypatch)
    why = t("criteria.stop.date.met", agreed=t.date("2020-03-31"))
    assert [one.value for one in app.text].count(why) == 2, "in the answer, and among what was agreed"
    assert t("results.next.report") in told(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_score_that_no_training_gives_is_said_to_be_none_and_what_to_do(workspace, measured, language, monkeypatch):
    agreed(workspace, measured, primary="judged_spearman")
    t = words.Locale(language)
    text = told(open_page(workspace.path, "overview", language, monkeypatch))
    assert t("criteria.step.score.not_judged") in text and t("results.next.judge_pairs") in text
    assert t("criteria.step.score.unknown") not in text
    instead = t("results.verdict.instead", metric=t("results.metric.judged_spearman"))
    assert instead in text and instead in told(open_page(workspace.path, "scores", language, monkeypatch))
    agreed(workspace, measured)
    assert instead not in told(open_page(workspace.path, "overview", language, monkeypatch))


def test_training_goes_on_without_criteria(workspace, dataset, monkeypatch):
    create(workspace, config(dataset, "kdmcse"))
    monkeypatch.setattr(queue, "ensure", lambda workspace: None)
    app = open_page(workspace.path, "scores", "en", monkeypatch)
    assert words.Locale("en")("page_criteria.needed.title") in told(app)
    assert words.Locale("en")("shared.progress.waiting") in told(app)
    agreed(workspace, dataset)
    app = open_page(workspace.path, "scores", "en", monkeypatch)
    assert words.Locale("en")("results.stage.running") in told(app)


def test_a_new_dataset_is_led_to_the_criteria_and_from_there_to_the_training(workspace, dataset, monkeypatch):
    app = open_page(workspace.path, "overview", "en", monkeypatch)
    assert words.Locale("en")("page_criteria.first") in told(app) and not app.error
    agreed(workspace, dataset)
    assert words.Locale("en")("page_criteria.next.training") in told(
        open_page(workspace.path, "criteria", "en", monkeypatch)
    )
    assert words.Locale("en")("page_criteria.first") not in told(
        open_page(workspace.path, "overview", "en", monkeypatch)
    )


@pytest.mark.slow
def test_the_sample_asks_nobody_and_says_that_nobody_agreed(workspace, monkeypatch):
    dataset = sample.import_sample(workspace)
    assert sample.import_sample(workspace).fingerprint == dataset.fingerprint
    (locked,) = locking.history(workspace, dataset.fingerprint)
    assert locked.criteria.stage == 0 and locked.criteria.automatic and locked.seen == ()
    for language in words.LANGUAGES:
        app = open_page(workspace.path, "criteria", language, monkeypatch)
        assert words.Locale(language)("criteria.by_sample") in tables(app)
        waiting = told(open_page(workspace.path, "scores", language, monkeypatch))
        assert words.Locale(language)("shared.no_evaluation.title") in waiting
        assert words.Locale(language)("page_criteria.needed.title") not in waiting


def test_altered_criteria_are_noticed_on_every_page_and_can_be_agreed_anew(workspace, measured, monkeypatch):
    agreed(workspace, measured)
    file = workspace.contracts / measured.fingerprint / "0001.json"
    file.write_text(file.read_text().replace('"least_gain": 0.0', '"least_gain": 0.5'))
    for page in RESULTS:
        app = open_page(workspace.path, page, "ja", monkeypatch)
        assert "0001.json" in re.sub(r"\\(.)", r"\1", app.error[0].value) and not re.search(r"0\.\d{3}", told(app))
    app = open_page(workspace.path, "criteria", "ja", monkeypatch)
    assert app.error[0].value == words.Locale("ja")("page_criteria.altered")
    people(app, "Aiko Mori").button(key="lock_criteria").click().run()
    assert locking.current(workspace, measured.fingerprint).version == 2
    assert words.Locale("ja")("criteria.remark.altered") in told(app)


# The form


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_form_asks_for_everything_once_and_explains_it(workspace, dataset, language, monkeypatch):
    app = open_page(workspace.path, "criteria", language, monkeypatch)
    assert not app.exception
    text, stages = told(app), list(field(app, "stage", "radio").proto.captions)
    assert stages == [words.Locale(language)(f"page_criteria.stage_help.{stage}") for stage in criteria.STAGES]
    keys = [
        one.key
        for kind in ("radio", "selectbox", "multiselect", "number_input", "toggle", "date_input")
        for one in getattr(app, kind)
    ]
    for name in (name for section in criteria.SECTIONS.values() for name in section if name not in ("people", "kpis")):
        assert len([key for key in keys if key.startswith(f"criteria_{name}_")]) == 1, name
        if f"page_criteria.help.{name}" in words.sentences(language):
            assert words.Locale(language)(f"page_criteria.help.{name}") in text


def test_the_defaults_and_a_name_are_enough(workspace, dataset, monkeypatch):
    app = people(open_page(workspace.path, "criteria", "en", monkeypatch), "Aiko Mori", "Ben Li")
    app.button(key="lock_criteria").click().run()
    locked = locking.current(workspace, dataset.fingerprint)
    assert locked.criteria == criteria.Criteria(
        **criteria.default_criteria(dataset) | {"people": ("Aiko Mori", "Ben Li")}
    )
    assert not app.exception and not app.error
    assert "Aiko Mori and Ben Li" in tables(app) and locked.digest in told(app) and locked.mark in told(app)


def test_what_is_typed_outlives_a_reload_until_it_is_locked(workspace, dataset, monkeypatch):
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    field(app, "least_gain").set_value(0.02).run()
    field(app, "most_hours").set_value(40.0).run()
    field(app, "primary", "selectbox").set_value("sts_pearson").run()
    people(app, "Aiko Mori")
    again = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert field(again, "least_gain").value == 0.02 and field(again, "most_hours").value == 40
    assert (
        field(again, "primary", "selectbox").value == "sts_pearson"
        and field(again, "name_0", "text_input").value == "Aiko Mori"
    )
    assert locking.current(workspace, dataset.fingerprint) is None
    again.button(key="lock_criteria").click().run()
    locked = locking.current(workspace, dataset.fingerprint).criteria
    assert (locked.least_gain, locked.most_hours, locked.primary) == (0.02, 40, "sts_pearson")
    assert not (workspace.contracts / dataset.fingerprint / "draft.json").exists()


def test_a_name_that_was_emptied_loses_none_below_it(workspace, dataset, monkeypatch):
    app = people(open_page(workspace.path, "criteria", "en", monkeypatch), "Aiko Mori", "Ben Li", "Emma Weber")
    field(app, "name_1", "text_input").set_value("").run()
    app.run()
    assert field(app, "name_2", "text_input").value == "Emma Weber"
    app.button(key="lock_criteria").click().run()
    locked = locking.current(workspace, dataset.fingerprint)
    assert [person.name for person in locked.criteria.people] == ["Aiko Mori", "Emma Weber"]


def test_another_tab_shows_what_was_typed_in_this_one(workspace, dataset, monkeypatch):
    one, other = (open_page(workspace.path, "criteria", "en", monkeypatch) for _ in range(2))
    field(one, "least_gain").set_value(0.02).run()
    other.run()
    assert field(other, "least_gain").value == 0.02


def test_nobody_locks_what_another_tab_typed_unseen(workspace, dataset, monkeypatch):
    one, other = (open_page(workspace.path, "criteria", "en", monkeypatch) for _ in range(2))
    people(one, "Aiko Mori")
    people(other, "Emma Weber")
    field(other, "least_gain").set_value(0.444).run()
    people(one, "Ken Abe")
    field(other, "least_gain").set_value(0.555).run()
    one.button(key="lock_criteria").click().run()
    assert words.Locale("en")("page_criteria.changed_meanwhile") in told(one)
    assert locking.current(workspace, dataset.fingerprint) is None
    one.run()
    assert field(one, "least_gain").value == 0.555
    one.button(key="lock_criteria").click().run()
    assert locking.current(workspace, dataset.fingerprint).criteria.least_gain == 0.555


def test_the_gates_follow_the_stage_but_for_those_that_were_changed(workspace, dataset, monkeypatch):
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert field(app, "least_pairs").value == 100
    field(app, "least_seeds").set_value(4).run()
    field(app, "stage", "radio").set_value(2).run()
    assert [field(app, name).value for name in ("least_pairs", "least_seeds", "least_annotators")] == [300, 4, 0]
    assert field(app, "least_kappa").value is None, "nobody judges in the app what the proposed score is measured on"
    again = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert [field(again, name).value for name in ("least_pairs", "least_seeds")] == [300, 4]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_cannot_be_locked_is_refused_by_the_name_of_the_input(workspace, dataset, language, monkeypatch):
    app = open_page(workspace.path, "criteria", language, monkeypatch)
    app.button(key="lock_criteria").click().run()
    assert words.Locale(language)("criteria.field.people") in re.sub(r"\\(.)", r"\1", app.error[0].value)
    field(people(app, "Aiko Mori"), "least_gain").set_value(-1.0).run()
    app.button(key="lock_criteria").click().run()
    refused = re.sub(r"\\(.)", r"\1", app.error[0].value)
    assert words.Locale(language)("criteria.field.least_gain") in refused and "least_gain" not in refused
    assert locking.current(workspace, dataset.fingerprint) is None and not app.exception


@pytest.mark.parametrize("name, number", [("least_annotators", -3), ("least_gain", -1.0), ("stop_below", 9.0)])
def test_a_number_that_cannot_be_is_told_at_once_and_only_as_long_as_it_stands(
    workspace, dataset, name, number, monkeypatch
):
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert not app.error, "a name that is missing is told when it is locked"
    before = field(app, name).value
    field(app, name).set_value(number).run()
    (wrong,) = app.error
    assert words.Locale("en")(f"criteria.field.{name}") in re.sub(r"\\(.)", r"\1", wrong.value)
    assert not field(app, name).set_value(before).run().error
    field(app, "least_pairs").set_value(None).run()
    assert "None" not in app.error[0].value, "an input that was emptied is missing"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_stop_line_above_the_success_line_is_told_at_once_and_not_locked(workspace, dataset, language, monkeypatch):
    app = open_page(workspace.path, "criteria", language, monkeypatch)
    field(app, "stop_below").set_value(0.02).run()
    (wrong,) = app.error
    assert words.Locale(language)("criteria.field.stop_below") in re.sub(r"\\(.)", r"\1", wrong.value)
    people(app, "Aiko Mori").button(key="lock_criteria").click().run()
    assert locking.current(workspace, dataset.fingerprint) is None
    assert not field(app, "least_gain").set_value(0.02).run().error


@pytest.mark.parametrize("amount", ("least_saving", "most_money"))
def test_an_amount_keeps_the_currency_that_it_was_typed_in(workspace, dataset, amount, monkeypatch):
    app = people(open_page(workspace.path, "criteria", "ja", monkeypatch), "Aiko Mori")
    field(app, amount).set_value(50000.0).run()
    assert field(app, "currency", "selectbox").value == "JPY"
    app.button(key="lang_en").click().run()
    assert field(app, "currency", "selectbox").value == "JPY", "in the same visit"
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert field(app, "currency", "selectbox").value == "JPY", "in another"
    app.button(key="lock_criteria").click().run()
    assert locking.current(workspace, dataset.fingerprint).criteria.currency == "JPY"
    app.button(key="change_criteria").click().run()
    assert field(app, "currency", "selectbox").value == "JPY", "in a change of what was locked"
    field(app, amount).set_value(None).run()
    app = open_page(workspace.path, "criteria", "ja", monkeypatch)
    assert field(app, amount).value is None and field(app, "currency", "selectbox").value == "JPY"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_nobody_would_agree_on_knowingly_is_said_before_it_is_locked(workspace, tmp_path, language, monkeypatch):
    """Each product has one caption, so a search for others of its product finds nothing, whoever searches."""
    dataset = import_pilot(workspace, tmp_path, pilot(groups=30, each=1))
    t = words.Locale(language)
    app = open_page(workspace.path, "criteria", language, monkeypatch)
    assert field(app, "primary", "selectbox").value == "judged_spearman", "a score that can be measured is proposed"
    (waits,) = app.warning
    nobody = t("criteria.doubt.not_judged", metric=t("results.metric.judged_spearman"))
    assert re.sub(r"\\(.)", r"\1", waits.value) == nobody, "but nobody has judged yet"
    field(app, "primary", "selectbox").set_value("caption_to_caption_ndcg_at_10").run()
    assert t("criteria.unmeasurable.no_two_captions") in told(app)
    field(app, "primary", "selectbox").set_value("caption_to_image_ndcg_at_10").run()
    assert t("criteria.unmeasurable.no_image_search") in told(app)
    field(app, "baseline", "selectbox").set_value("mcse").run()
    assert not app.warning, "a baseline that learns from images can search for them"
    field(app, "stop_date", "date_input").set_value(datetime.date(2020, 3, 31)).run()
    assert t("criteria.doubt.stop_date", date=t.date("2020-03-31")) in told(app)
    people(app, "Aiko Mori").button(key="lock_criteria").click().run()
    assert locking.current(workspace, dataset.fingerprint).criteria.stop_date == "2020-03-31", "a warning, no refusal"


# What is locked


def test_locked_criteria_are_read_only_and_can_be_changed_visibly(workspace, measured, monkeypatch):
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert app.warning[0].value == words.Locale("en")("page_criteria.late")
    people(app, "Aiko Mori").button(key="lock_criteria").click().run()
    assert not app.number_input and not app.text_input
    app.button(key="change_criteria").click().run()
    assert app.warning[0].value == words.Locale("en")("page_criteria.change_late")
    field(app, "least_gain").set_value(0.02).run()
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert field(app, "least_gain").value == 0.02, "a change that was begun is found again"
    app.button(key="lock_criteria").click().run()
    first, second = locking.history(workspace, measured.fingerprint)
    assert len(first.seen) == len(second.seen) == 7
    text = told(app)
    sentences = [version_sentence(Locale("en"), version) for version in (first, second)]
    assert all(sentence in text for sentence in sentences) and "could be seen" in sentences[1]
    assert "0.010,0.020" in tables(app)


def test_who_changes_what_was_locked_automatically_enters_a_name(workspace, dataset, monkeypatch):
    agreed(workspace, dataset, stage=0, people=criteria.SAMPLE_PEOPLE)
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    app.button(key="change_criteria").click().run()
    assert field(app, "name_0", "text_input").value == ""
    field(app, "least_gain").set_value(0.02).run()
    app.button(key="lock_criteria").click().run()
    assert app.error and len(locking.history(workspace, dataset.fingerprint)) == 1
    people(app, "Aiko Mori").button(key="lock_criteria").click().run()
    changed = locking.current(workspace, dataset.fingerprint)
    assert changed.version == 2 and not changed.criteria.automatic and "Aiko Mori" in tables(app)


def test_a_change_that_was_begun_can_be_left(workspace, dataset, monkeypatch):
    locked = agreed(workspace, dataset)
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    app.button(key="change_criteria").click().run()
    field(app, "least_gain").set_value(0.02).run()
    app.button(key="discard_change").click().run()
    assert not app.number_input and locking.history(workspace, dataset.fingerprint) == [locked]


def test_what_people_call_themselves_is_never_markup(workspace, dataset, monkeypatch):
    agreed(workspace, dataset, people=({"name": CANARY, "role": CANARY},))
    agreed(workspace, dataset, people=({"name": CANARY, "role": "x"},))
    app = open_page(workspace.path, "criteria", "en", monkeypatch)
    assert not app.exception and len(locking.history(workspace, dataset.fingerprint)) == 2
    for element in elements(app._tree):
        if element.type in ("markdown", "caption", "header", "subheader", "error", "warning", "info", "button", "html"):
            assert "evil" not in str(element.proto)
    assert not any("![z](" in table.value.to_csv() for table in app.table)


def test_the_criteria_go_with_the_last_run_and_no_earlier(workspace, dataset):
    complete(workspace, dataset, seeds=(0,))
    delete_dataset(workspace, dataset, with_runs=False)
    assert locking.current(workspace, dataset.fingerprint)
    run = next(workspace.runs.glob("kdmcse-*"))
    assert json.loads((run / "config.json").read_text())["dataset"] == dataset.fingerprint


def test_a_dataset_without_runs_takes_its_criteria_along(workspace, dataset):
    agreed(workspace, dataset)
    delete_dataset(workspace, dataset, with_runs=False)
    assert locking.history(workspace, dataset.fingerprint) == [] and not list(workspace.contracts.iterdir())
