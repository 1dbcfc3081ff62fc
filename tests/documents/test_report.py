"""The report: one file that tells the truth, escapes everything and fetches nothing."""

import dataclasses
import datetime
import re
from html.parser import HTMLParser

import pytest
from example_poc import PRICES, agreed, analysed, complete, config, evaluated, finish, import_example

from kdmcse import cost, data, i18n
from kdmcse.config import BASELINE, TrainingConfig
from kdmcse.criteria import locking
from kdmcse.criteria.criteria import SAMPLE_PEOPLE, Person
from kdmcse.documents.provenance import model_name
from kdmcse.documents.report import write_report
from kdmcse.documents.report_content import report
from kdmcse.documents.report_html import render_html as render
from kdmcse.engine.runs import create
from kdmcse.evaluation import projection
from kdmcse.evaluation.projection import project_run
from kdmcse.i18n import Locale, plain_text
from kdmcse.presentation import criteria, roi
from kdmcse.presentation.cards import effort_card
from kdmcse.presentation.learning_curve import curve_sentences
from kdmcse.presentation.map import change_details, change_sentence, most_changed
from kdmcse.presentation.palette import COLOURS
from kdmcse.presentation.results import notice, result_sentences
from kdmcse.presentation.ticks import digits_of, ticks_around
from kdmcse.results.neighbours import read_neighbours
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import scenario_store
from kdmcse.store.workspace import Workspace

pytestmark = pytest.mark.usefixtures("kept_evidence")

POLYGLOTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script src=//evil.example></script>",
    "</style><iframe src='javascript:alert(1)'>",
    "{{ 7*7 }}{% raw %}${7*7}",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(alert(1))//</teXtarEa/--!>\\x3csVg/<sVg/oNloAd=alert(1)//>",
    "![x](http://evil.example/x.png)",
    "&lt;b&gt;",
]

TODAY = datetime.date(2026, 4, 1)


class Document(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.attributes, self.words = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += attributes

    def handle_data(self, text):
        if self.cdata_elem is None:  # not a style sheet
            self.words.append(text)

    @property
    def text(self):
        return re.sub(r"[^\S\u00a0]+", " ", " ".join(self.words))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(projection, "MIN_UMAP_PAIRS", 10**6)  # how a map is drawn does not matter here
    return Workspace(tmp_path / "workspace")


def render_html(found, language: str) -> str:
    return render(report(found, language, today=TODAY))


def full(workspace, tmp_path, **changes):
    dataset = import_example(workspace, tmp_path / "sources", **changes)
    runs = complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    return dataset, runs


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_report_tells_what_the_poc_found_in_the_same_numbers(workspace, tmp_path, language):
    dataset, runs = full(workspace, tmp_path, synthetic=True)
    project_run(runs["kdmcse"][1], runs[BASELINE][0])
    found = analysed(workspace, dataset)
    html = render_html(found, language)
    text = Document(html).text
    assert f'<html lang="{language}">' in html
    assert {"en": "April 1, 2026", "ja": "2026年4月1日"}[language] in text
    t, costs = Locale(language), found.costs()
    for sentence in result_sentences(t, found.results, found.verdicts(), costs):
        assert sentence in text
    assert notice(t, found.results) in text
    neighbours = read_neighbours(runs["kdmcse"][1], runs[BASELINE][0])
    for sentence in (change_sentence(t, neighbours), *change_details(t, neighbours), *most_changed(t, neighbours)):
        assert plain_text(sentence) in plain_text(text), "what changed on the map, as its page says it"
    for value in found.scores()["sts_spearman"]:
        assert t.number(value, 3) in text
    card = effort_card(t, found.results)
    assert card.value in text and card.note in text
    for method in costs.methods:
        cost_ = costs.cost(method)
        for amount in (cost_.estimate, cost_.low, cost_.high):
            assert t.money(amount, "JPY") in text
    for method in found.results.methods:
        for metric in ("sts_spearman", "sts_pearson"):
            score = found.intervals.interval(method, metric)
            assert t.number(score.low, 3) in text and t.number(score.high, 3) in text
    t = Locale(language)
    assert criteria.decision_headline(t, found.decision(TODAY)) in text
    assert criteria.decision_basis(t, found.decision(TODAY)) in text
    for line in found.decision(TODAY).lines:
        assert criteria.line_sentence(t, line) in text
    assert t.money(costs.saving, "JPY") in text
    assert html.count("<svg") == 5, "scores, costs, both maps, gains, costs by threshold"
    assert len(re.findall(r"<circle [^>]*r=\"2.6\"", html)) == 2 * 24
    for category in ("mug", "plate", "lamp"):
        assert category in text


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_key_and_no_placeholder_is_left(workspace, tmp_path, language):
    dataset, _ = full(workspace, tmp_path)
    finish(create(workspace, config(dataset, "mcse", 5)), "failed")
    text = Document(render_html(analysed(workspace, dataset), language)).text
    assert not re.search(r"[{}]|\bNone\b|\bnan\b|\binf\b|Undefined", text)
    assert not re.search(r"\b(report|poc|cost|stats|data|projection)\.[a-z_]+\.?[a-z_]*\b", text)
    if language == "ja":
        english = set(i18n.sentences("en").values())
        japanese = set(i18n.sentences("ja").values())
        left = {one.strip() for one in Document(render_html(analysed(workspace, dataset), "ja")).words}
        assert not (left & english) - japanese


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_who_agreed_on_what_counts_as_success_is_told_with_their_roles(workspace, tmp_path, language):
    dataset, _ = full(workspace, tmp_path)
    t, people = Locale(language), (Person("森 藍子", "検索"), Person("Ben <b>Li</b>"))
    agreed(workspace, dataset, people=people)
    text = Document(render_html(analysed(workspace, dataset), language)).text
    assert t("criteria.person", name="森 藍子", role="検索") in text and "Ben <b>Li</b>" in text
    agreed(workspace, dataset, stage=0, people=SAMPLE_PEOPLE)
    assert t("criteria.by_sample") in Document(render_html(analysed(workspace, dataset), language)).text


def test_nothing_is_fetched_and_nothing_is_run(workspace, tmp_path):
    dataset, _ = full(workspace, tmp_path)
    html = render_html(analysed(workspace, dataset), "en")
    document = Document(html)
    assert not {"script", "link", "iframe", "object", "embed", "form", "a", "base"} & set(document.elements)
    names = {name for name, _ in document.attributes}
    assert not {"href", "xlink:href", "srcset", "action"} & names
    sources = [value for name, value in document.attributes if name == "src"]
    assert sources and all(value.startswith("data:image/jpeg;base64,") for value in sources)
    assert not [name for name in names if name.startswith("on")]
    assert "url(" not in html and "@import" not in html and "http:" not in html and "https:" not in html
    policy = re.search(r'Policy" content="([^"]*)"', html)[1]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@pytest.mark.parametrize("polyglot", POLYGLOTS)
def test_whatever_a_name_holds_is_shown_as_text(workspace, tmp_path, polyglot):
    dataset = import_example(
        workspace, tmp_path / "sources", name=polyglot, caption=polyglot.replace("{", "[").replace("}", "]") + "{}"
    )
    changes = {"student": polyglot, "teacher": polyglot}
    evaluated(workspace, dataset, config(dataset, BASELINE, student=polyglot), 0.1)
    for seed in (0, 1):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed, **changes), 0.5)
    document = Document(render_html(analysed(workspace, dataset), "en"))
    expected = {"html", "head", "meta", "title", "style", "body", "main", "header", "h1", "span", "section", "p", "dl"}
    expected |= {"div", "dt", "dd", "b", "small", "h2", "h3", "figure", "figcaption", "svg", "line", "text", "rect"}
    expected |= {"table", "colgroup", "col", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "bdi", "footer"}
    expected |= {"details", "summary", "img"}
    assert set(document.elements) <= expected
    assert not [name for name, _ in document.attributes if name.startswith("on")]
    assert polyglot in "".join(document.words)


def test_categories_and_headers_of_the_upload_are_escaped(workspace, tmp_path):
    sources = tmp_path / "sources"
    import_example(workspace, sources)
    table = (sources / "pairs.csv").read_text().replace("mug,", "<b onclick=x>,")
    (sources / "pairs.csv").write_text(table.replace("lost.png", "<i>.png"))
    files = {name: sources / f"{name}.csv" for name in ("pairs", "sts", "decisions")}
    dataset = data.import_dataset(workspace, name="x", images=sources / "images", **files)
    runs = complete(workspace, dataset)
    project_run(runs["kdmcse"][0], runs[BASELINE][0])
    html = render_html(analysed(workspace, dataset), "en")
    assert "<b onclick" not in html and "<i>" not in html
    assert "&lt;b onclick=x&gt;" in html and "&lt;i&gt;.png" in html


def test_a_missing_score_is_a_dash_with_its_reason(workspace, tmp_path):
    dataset, _ = full(workspace, tmp_path)
    finish(create(workspace, config(dataset, "mcse", 3)), "failed")
    create(workspace, config(dataset, "kdmcse", 3))
    evaluated(workspace, dataset, config(dataset, "simcse", 3), None)
    text = Document(render_html(analysed(workspace, dataset), "en")).text
    for reason in ("undefined", "unfinished", "in_progress", "no_image_space"):
        assert i18n.Locale("en")(f"report.missing.{reason}") in text
    assert not re.search(r"\b0\.000\b", text.replace("the agreed 0.000", ""))


@pytest.mark.slow
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_further_methods_and_their_settings_are_shown_where_they_were_asked_for(workspace, tmp_path, language):
    dataset, _ = full(workspace, tmp_path)
    without = Document(render_html(analysed(workspace, dataset), language)).text
    for seed in (0, 1):
        evaluated(workspace, dataset, config(dataset, "gist", seed), 0.7)
        evaluated(workspace, dataset, config(dataset, "dalr", seed), 0.7)
    html = render_html(analysed(workspace, dataset), language)
    text = Document(html).text
    for method, setting in (("gist", "guide_margin"), ("dalr", "ranking")):
        told = [
            i18n.Locale(language)(f"results.method_help.{method}"),
            i18n.Locale(language)(f"report.setting.{setting}"),
        ]
        assert all(sentence in text and sentence not in without for sentence in told)
        assert COLOURS[method] in html
    assert i18n.Locale(language)("report.value.listmle") in text
    assert i18n.Locale(language)("report.setting.temperature") in without


@pytest.mark.slow
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_where_a_search_decides_nothing_is_said_of_similarity(workspace, tmp_path, language):
    t = i18n.Locale(language)
    for sts in (0, 300):
        dataset = import_example(workspace, tmp_path / str(sts), sts=sts, name=str(sts))
        complete(workspace, dataset)
        html = render_html(analysed(workspace, dataset), language)
        assert (t("report.scores.rule") in Document(html).text) == bool(sts)


@pytest.mark.slow
def test_a_cost_that_is_missing_says_why(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "a")
    complete(workspace, dataset)
    assert "No prices were entered" in render_html(analysed(workspace, dataset), "en")
    dataset, _ = full(workspace, tmp_path / "b", decisions=0, name="b", sts=50)
    assert "No match decisions were imported" in render_html(analysed(workspace, dataset), "en")
    dataset, _ = full(workspace, tmp_path / "c", decisions=2, name="c")
    assert "too few different decisions" in render_html(analysed(workspace, dataset), "en")


def test_a_difference_in_cost_that_decides_nothing_is_not_called_a_saving(workspace, tmp_path):
    dataset = import_example(workspace, tmp_path / "sources", decisions=18)
    complete(workspace, dataset)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    text = Document(render_html(analysed(workspace, dataset), "en")).text
    assert "Whether its mistakes would cost less cannot be said yet" in text and "less a month" not in text
    assert "a rough guide, not an estimate" in text


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_the_scenario_of_the_criteria_comes_to_is_told_first_and_all_stand_side_by_side(
    workspace, tmp_path, language
):
    dataset, _ = full(workspace, tmp_path)
    found = analysed(workspace, dataset)
    none = i18n.Locale(language)("document.return.none")
    assert none in Document(render_html(found, language)).text, "nothing was saved yet"
    plain = default_scenario(found.results, "<b>Plain</b>")
    dear = dataclasses.replace(plain, name="Dear", effort=dataclasses.replace(plain.effort, engineering_days=1000))
    for scenario in (plain, dear):
        kept = scenario_store.save(workspace, dataset.fingerprint, scenario)
    scenario_store.mark_for_criteria(workspace, dataset.fingerprint, kept.id, found.results.criteria.digest)
    page = render_html(found, language)
    outlook = found.outlook(dear, TODAY)
    assert roi.axes_sentence(Locale(language), outlook.axes) in Document(page).text
    assert i18n.Locale(language)("report.roi.scenario", name="Dear") in Document(page).text
    assert "<b>Plain</b>" not in page and "<b>Plain</b>" in Document(page).text and none not in Document(page).text
    others = Locale(language)("roi.other_prices", name="Dear")
    assert others not in Document(page).text
    cost.write_prices(workspace, dataset.fingerprint, dataclasses.replace(found.results.prices, monthly_volume=1))
    assert others in Document(render_html(analysed(workspace, dataset), language)).text
    cost.write_prices(workspace, dataset.fingerprint, found.results.prices)
    said = Locale(language)("scenarios.saved.not_all", name="Dear", version="2")
    assert said not in Document(page).text
    scenario_store.write_draft(workspace, dataset.fingerprint, kept.id, {"values": {"effort/engineering_days": 55}})
    assert said in Document(render_html(analysed(workspace, dataset), language)).text
    locking.lock(workspace, dataclasses.replace(found.results.criteria.criteria, least_gain=0.02))
    text = Document(render_html(analysed(workspace, dataset), language)).text
    assert i18n.Locale(language)("report.roi.scenario", name="<b>Plain</b>") in text, "criteria of today have none"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_more_data_would_bring_is_told_where_it_was_measured(workspace, tmp_path, language):
    dataset, _ = full(workspace, tmp_path)
    heading = i18n.Locale(language)("report.data.growth")
    assert heading not in render_html(analysed(workspace, dataset), language)
    for share in (0.25, 0.5):
        evaluated(workspace, dataset, config(dataset, "kdmcse", 0, training=TrainingConfig().on_share(share)), share)
    found = analysed(workspace, dataset)
    page = Document(render_html(found, language)).text
    assert heading in page and Locale(language).join(curve_sentences(Locale(language), found.learning_curve())) in page


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_before_anything_is_evaluated_the_report_says_that(workspace, tmp_path, language):
    dataset = import_example(workspace, tmp_path / "sources")
    found = analysed(workspace, dataset)
    text = Document(render_html(found, language)).text
    t = Locale(language)
    assert t(f"results.stage.{found.results.stage}") in text and t(f"results.next.{found.next_step()}") in text
    create(workspace, config(dataset, "kdmcse"))
    found = analysed(workspace, dataset)
    assert t("results.stage.running") in Document(render_html(found, language)).text


def test_a_threshold_that_takes_all_or_none_is_said_in_words(workspace, tmp_path):
    dataset, _ = full(workspace, tmp_path)
    dear = cost.Prices(currency="USD", false_match=0.25, missed_match=1e6, monthly_volume=10, base_rate=0.5)
    cost.write_prices(workspace, dataset.fingerprint, dear)
    text = Document(render_html(analysed(workspace, dataset), "en")).text
    assert "$0.25" in text, "a price keeps its cents"
    free = cost.Prices(currency="USD", false_match=1e9, missed_match=0, monthly_volume=10, base_rate=0.5)
    cost.write_prices(workspace, dataset.fingerprint, free)
    found = analysed(workspace, dataset)
    text = Document(render_html(found, "ja")).text
    assert not re.search(r"\b(inf|nan)\b", text)


def test_the_file_is_written_whole(workspace, tmp_path):
    dataset, _ = full(workspace, tmp_path)
    out = tmp_path / "out" / "report.html"
    write_report(analysed(workspace, dataset), out, "ja", today=TODAY)
    assert out.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_folders_of_this_machine_do_not_leave_the_house():
    assert model_name("/home/someone/models/teacher") == "teacher"
    assert model_name("local-dir:/home/someone/teacher") == "local-dir:teacher"
    assert model_name("C:\\Users\\someone\\student") == "C:student"
    assert model_name("intfloat/multilingual-e5-small") == "intfloat/multilingual-e5-small"


@pytest.mark.parametrize(
    "low, high", [(0, 1), (0.29, 0.78), (-0.5, -0.4), (0.5, 0.5), (0, 0), (0, 5_400_000), (1e-9, 2e-9)]
)
def test_the_scale_of_a_chart_is_round_and_reaches_around_its_values(low, high):
    ticks = ticks_around(low, high)
    assert ticks[0] <= low + 1e-9 and ticks[-1] >= high - 1e-9 and 2 <= len(ticks) <= 9
    assert digits_of(ticks) <= 10
