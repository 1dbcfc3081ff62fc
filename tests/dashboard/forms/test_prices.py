"""Prices on the page: every one is kept as it is typed, a wrong one is told where it stands, and each changes what a method costs."""

import re

import pytest
from example_poc import PRICES, analysed, complete, import_example
from pages_under_test import CANARY, Sent, open_page, shown

from dashboard.widgets.text import plain
from kdmcse import cost
from kdmcse import i18n as words
from kdmcse.cost import Prices
from kdmcse.cost.prices import RATES
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.results import analysis
from kdmcse.store.workspace import Workspace

SEGMENTS = ("kitchen", "garden/tools")


@pytest.fixture
def shop(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source", segments=SEGMENTS)
    complete(workspace, dataset)
    return workspace, dataset


@pytest.fixture
def priced(shop):
    workspace, dataset = shop
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return shop


def field(app, name: str):
    return next(one for one in app.number_input if one.key.startswith(f"{name}_"))


def errors(app) -> str:
    return " ".join(error.value.replace("\\", "") for error in app.error)


def told(app) -> str:
    return " ".join(shown(app)).replace("\\", "")


def kept(shop) -> cost.Prices | None:
    workspace, dataset = shop
    return cost.read_prices(workspace, dataset.fingerprint)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_example_prices_of_a_use_case_are_filled_in_on_request_and_marked_until_they_are_changed(
    shop, language, monkeypatch
):
    app = open_page(shop[0].path, "cost", language, monkeypatch)
    assert not [button for button in app.button if button.key == "example_prices"], "the empty use case has none"
    app.selectbox(key=next(one.key for one in app.selectbox if one.key.startswith("use_case_"))).select(
        "faq_routing"
    ).run()
    share = words.capital(Locale(language)("cost.use_case.faq_routing.base_rate"))
    assert field(app, "base_rate").label == share + {"en": " (%)", "ja": "（%）"}[language]
    app.button(key="example_prices").click().run()
    assert not app.exception and not app.error
    mark = Locale(language)("cost.example_prices.mark")
    assert mark in told(app) and kept(shop).use_case == "faq_routing" and kept(shop).review.accuracy == 0.95
    assert not [button for button in app.button if button.key == "example_prices"], "nothing entered is overwritten"
    field(app, "missed_match").set_value(90.0).run()
    assert mark not in told(app) and kept(shop).missed_match == 90
    assert field(open_page(shop[0].path, "cost", language, monkeypatch), "missed_match").value == 90


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_where_decisions_have_amounts_a_mistake_may_cost_a_share_of_its_own(tmp_path, language, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source", segments=SEGMENTS, amounts=("1000", "250.5", ""))
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    app, t = open_page(workspace.path, "cost", language, monkeypatch), Locale(language)
    assert t("page_cost.amounts", currency="JPY") in told(app)
    field(app, "missed_match_share").set_value(50.0).run()
    assert not app.exception and not app.error
    stored = cost.read_prices(workspace, dataset.fingerprint)
    assert (stored.missed_match_share, stored.false_match_share) == (0.5, 0)
    assert t("cost.note.unknown_amounts", count=40) in told(app), "every third amount is empty"
    field(app, "false_match_share").set_value(120.0).run()
    assert t("page_cost.price.false_match_share") in errors(app), "more than all of it"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_where_amounts_are_in_another_currency_than_the_prices_the_form_says_so_and_no_share_is_taken(
    tmp_path, language, monkeypatch
):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source", amounts=("1000", "250.5"), amount_column="price_usd")
    complete(workspace, dataset)
    t = Locale(language)
    assert t("page_cost.amounts_in", amounts="USD", currency="USD") in told(
        open_page(workspace.path, "cost", language, monkeypatch)
    )
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    app = open_page(workspace.path, "cost", language, monkeypatch)
    assert t("page_cost.amounts_other", amounts="USD", currency="JPY") in told(app) and not app.error
    field(app, "missed_match_share").set_value(50.0).run()
    assert not app.exception
    refused = UserError("amounts_other_currency", amounts="USD", prices="JPY")
    assert plain(refused.message(language)).replace("\\", "") in errors(app)
    app.selectbox(key=next(one.key for one in app.selectbox if one.key.startswith("currency_"))).select("USD").run()
    assert not app.exception and not app.error and t("page_cost.amounts_in", amounts="USD", currency="USD") in told(app)


def test_where_decisions_have_no_amounts_nobody_is_asked_for_a_share(priced, monkeypatch):
    app = open_page(priced[0].path, "cost", "en", monkeypatch)
    assert not [one for one in app.number_input if "share" in one.key]


def test_a_segment_has_prices_of_its_own_once_all_of_them_are_there(priced, monkeypatch):
    app = open_page(priced[0].path, "cost", "en", monkeypatch)
    before = analysed(priced[0], priced[1]).costs().estimates
    field(app, "segment0_false_match").set_value(700.0).run()
    assert "garden/tools" in errors(app), "which segment lacks a price"
    assert not re.search("[a-z]+_[a-z]+", errors(app)), "its fields are called as in the form"
    assert kept(priced) == PRICES, "what was complete stays in use on other pages"
    again = open_page(priced[0].path, "cost", "en", monkeypatch)
    assert field(again, "segment0_false_match").value == 700.0, "and what was typed is not lost"
    for name, value in (("missed_match", 10.0), ("monthly_volume", 400.0), ("base_rate", 25.0)):
        field(again, f"segment0_{name}").set_value(value).run()
    assert not again.error and not again.exception
    assert kept(priced).segments["garden/tools"].base_rate == 0.25
    after = analysed(priced[0], priced[1]).costs().estimates
    assert all(after[run].monthly_cost != estimate.monthly_cost for run, estimate in before.items())
    assert any("garden" in table.value.to_string() for table in again.table), "what was entered of all segments"


def test_reviews_and_the_threshold_of_today_may_stay_empty_and_are_told_where_they_are_wrong(priced, monkeypatch):
    app = open_page(priced[0].path, "cost", "en", monkeypatch)
    field(app, "review_accuracy").set_value(95.0).run()
    assert app.error and kept(priced).review is None
    field(app, "review_price").set_value(20.0).run()
    assert not app.error and kept(priced).review == cost.Review(20, 0.95)
    field(app, "review_accuracy").set_value(None).run()
    assert Locale("en")("page_cost.price.accuracy") in errors(app), "nobody is taken to be always right"
    assert kept(priced).review == cost.Review(20, 0.95), "what was complete stays in use"
    field(app, "review_accuracy").set_value(95.0).run()
    field(app, "today_threshold").set_value(0.4).run()
    field(app, "today_review_threshold").set_value(0.6).run()
    assert "0.6" in errors(app) and "0.4" in errors(app), "crossed"
    field(app, "today_review_threshold").set_value(0.2).run()
    assert not app.error and not app.exception
    assert kept(priced).today == cost.Thresholds(0.4, 0.2)
    assert Locale("en")("page_cost.at.today") in app.table[0].value.to_string()
    for name in ("today_threshold", "today_review_threshold", "review_price", "review_accuracy"):
        field(app, name).set_value(None).run()
    assert not app.error and kept(priced).review is None and kept(priced).today is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("false_match", -1.0, "amount_negative"), ("monthly_volume", 0.0, "volume_zero"), ("base_rate", 101.0, "setting_out_of_range")],
)  # fmt: skip
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_price_that_cannot_be_is_told_by_its_name_and_what_was_complete_stays(
    priced, name, value, code, language, monkeypatch
):
    app = open_page(priced[0].path, "cost", language, monkeypatch)
    field(app, name).set_value(value).run()
    assert Locale(language)(f"page_cost.price.{name}") in errors(app) and kept(priced) == PRICES
    assert Locale(language)(f"errors.{code}.hint") in errors(app) and len(app.error) == 1
    assert Locale(language).number(value, 1).removesuffix(".0") in errors(app), "as it was typed"
    assert field(open_page(priced[0].path, "cost", language, monkeypatch), name).value == value


def test_where_a_price_is_cleared_the_figures_stay_those_of_all_pages_and_are_said_to(priced, monkeypatch):
    app, said = open_page(priced[0].path, "cost", "en", monkeypatch), Locale("en")("page_cost.last_complete")
    figures = [table.value.to_string() for table in app.table]
    assert figures and said not in told(app)
    field(app, "monthly_volume").set_value(None).run()
    assert Locale("en")("page_cost.price.monthly_volume") in " ".join(info.value for info in app.info)
    assert said in told(app) and [table.value.to_string() for table in app.table] == figures
    field(app, "monthly_volume").set_value(20000.0).run()
    assert said not in told(app) and not app.info


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_decisions_are_derived_from_judgements_on_request_and_marked(tmp_path, language, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source", decisions=0)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    app = open_page(workspace.path, "cost", language, monkeypatch)
    assert analysed(workspace, dataset).costs().comparison is None and not app.table
    field(app, "match_score").set_value(9.0).run()
    assert len(app.error) == 1 and cost.read_match_score(workspace, dataset.fingerprint) is None
    field(app, "match_score").set_value(3.0).run()
    assert not app.error and not app.exception and app.table
    note = Locale(language)("cost.note.derived", score="3.0")
    for page in ("cost", "overview"):
        assert note in told(open_page(workspace.path, page, language, monkeypatch))
    field(app, "match_score").set_value(None).run()
    assert analysed(workspace, dataset).costs().comparison is None


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_changed_price_covers_every_figure_before_it_says_saved_and_shows_new_ones_after(
    priced, language, monkeypatch
):
    app, t = open_page(priced[0].path, "cost", language, monkeypatch), Locale(language)
    sent = Sent(monkeypatch)

    def price(*given, before=analysis.price_mistakes):
        sent.mark("(priced)")
        return before(*given)

    monkeypatch.setattr(analysis, "price_mistakes", price)
    app.run()
    assert not sent.when(t("shared.recalculating")) and not sent.when("(priced)")
    sent.messages.clear()
    field(app, "false_match").set_value(301).run()
    covers = sent.covers(t("shared.recalculating"), saved=t("page_cost.saved"), computed="(priced)")
    assert covers == 6  # the answer and five sections
    assert t("shared.recalculating") not in told(app) and not app.exception


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("error", [UserError("no_decisions", dataset="x"), RuntimeError("a bug")])
@pytest.mark.parametrize("page", ["cost", pytest.param("roi", marks=pytest.mark.slow)])
def test_where_computing_fails_the_error_is_shown_and_no_place_goes_on_recalculating(
    priced, page, error, language, monkeypatch
):
    app, t = open_page(priced[0].path, page, language, monkeypatch), Locale(language)
    sent = Sent(monkeypatch)

    def fail(*given):
        raise error

    if page == "cost":
        monkeypatch.setattr(analysis, "price_mistakes", fail)
    else:
        monkeypatch.setattr(analysis.Outlooks, "of", fail)
    field(app, "false_match" if page == "cost" else "effort/engineering_days").set_value(301).run()
    assert sent.when(t("shared.recalculating"))
    assert t("shared.recalculating") not in told(app)
    message = error.message(language) if isinstance(error, UserError) else t("shared.fault.message")
    assert len(app.error) == 1 and message in errors(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("page", ["cost", "roi"])
def test_the_worked_example_is_a_drawer_of_cost_and_return(priced, page, language, monkeypatch):
    app, t = open_page(priced[0].path, page, language, monkeypatch), Locale(language)
    assert t("page_example.offer") in told(app) and t("page_example.answer") not in told(app)
    app.button(key="show_example").click().run()
    assert not app.exception and t("page_example.answer") in told(app)


def test_a_segment_is_no_markup_in_a_label(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source", segments=(CANARY, "kitchen"))
    complete(workspace, dataset)
    own = {name: getattr(PRICES, name) for name in RATES}
    cost.write_prices(workspace, dataset.fingerprint, Prices.from_dict(PRICES.to_dict() | {"segments": {CANARY: own}}))
    app = open_page(workspace.path, "cost", "en", monkeypatch)
    app.selectbox(key="segment_2").set_value(CANARY).run()
    returns = open_page(workspace.path, "roi", "en", monkeypatch)
    returned = next(one for one in returns.multiselect if one.key.startswith("ranges_"))
    returned.set_value([f"prices/segments/{CANARY.replace('/', '~1')}/false_match"]).run()
    for page in (app, returns):
        labels = [one.label for one in page.number_input if "evil" in one.label]
        assert labels and not page.exception
        assert all(plain(CANARY) in label and CANARY not in label for label in labels)
