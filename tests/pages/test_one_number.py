"""Every quantity has one value: pages, report and shell in both languages are read, and no quantity may be there with two."""

import datetime
import html
import importlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd
import pytest
from example_poc import PRICES, analysed, complete, config, evaluated, import_example
from pages_under_test import PAGES, elements, open_page

from dashboard.widgets import layout
from kdmcse import annotation, cost
from kdmcse.cli import app as shell
from kdmcse.config import BASELINE, CANDIDATE, METHODS, TrainingConfig
from kdmcse.cost.folds import FOLDS
from kdmcse.criteria import locking
from kdmcse.documents.report_content import ReportContent
from kdmcse.documents.report_html import render_html
from kdmcse.i18n import LANGUAGES, Locale, capital, plain_text, sentences
from kdmcse.presentation.costs import comparison_lines, name_of_test_threshold
from kdmcse.quantities import QUANTITIES
from kdmcse.results.analysis import Analysis
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import scenario_store
from kdmcse.store.workspace import Workspace

# A sentence's field, or a column of a table -> the quantity that stands there. {name}, {method}: the method that the sentence is about.
FIELDS = {
    ("results.verdict.*", "candidate"): "score of KDMCSE",
    ("results.verdict.*", "baseline"): "score of {name}",
    ("results.verdict.*", "difference"): "gain over {name}",
    ("results.against.*", "score"): "score of {method}",
    ("results.against.*", "difference"): "gain over {method}",
    ("results.cost.*", "cost"): "cost of KDMCSE",
    ("results.cost.*", "baseline"): "cost of {name}",
    ("results.cost.*", "difference"): "saving",
    ("cards.score.note", "baseline"): "score of {name}",
    ("cards.score.note", "difference"): "gain over {name}",
    ("cards.cost.per_month", "amount"): "saving",
    ("cards.effort.pairs", "count"): "pairs",
    ("cards.effort.note", "count"): "judged rows",
    ("cards.effort.note", "time"): "computing time",
    ("page_cost.saves", "amount"): "saving",
    ("page_cost.costs_more", "amount"): "saving",
    ("page_cost.undecided_*", "amount"): "saving",
    ("page_effort.computing.note", "total"): "computing time",
    ("page_effort.pairs.note", "train"): "training pairs",
    ("page_data.splits.text", "train"): "training pairs",
    ("page_data.splits.text", "test"): "test pairs",
    ("page_data.splits.repeats", "held_out"): "held-out pairs",
    ("page_scores.caption_to_caption.text", "count"): "caption searches",
    ("page_scores.caption_to_image.text", "count"): "image searches",
    ("report.search.caption_to_caption", "count"): "caption searches",
    ("report.search.caption_to_image", "count"): "image searches",
    ("roi.axes.cost_*", "amount"): "saving",
    ("roi.axes.score_there", "score"): "gain over the baseline",
    ("roi.axes.effort", "once"): "one-off effort",
    ("roi.axes.effort", "monthly"): "monthly effort",
    ("roi.axes.sentence", "value"): "net present value",
    ("roi.axes.payback_comes", "months"): "payback",
    ("cost.judged.*", "threshold"): "{name} of {method}",
    ("disagreements.saves", "amount"): "saving of the typical training",
    ("disagreements.costs", "amount"): "saving of the typical training",
    ("cost.compared.best", "cost"): "cost of {model}",
    ("cli.imported", "pairs"): "pairs",
    ("cli.imported", "held_out_pairs"): "held-out pairs",
}
COLUMNS = {
    "page_cost.monthly": "cost of {method}",
    "quantities.name.threshold": "threshold for operation of {method}",
    "quantities.name.false_match_rate": "rate of wrong matches of {method}",
    "quantities.name.missed_match_rate": "rate of missed matches of {method}",
    "page_scores.measures.spearman": "score of {method}",
}
INTERVALS = {
    "results.verdict.*": "gain over {name}",
    "results.against.*": "gain over {method}",
    "results.cost.better": "saving",
    "cards.cost.note": "saving",
    "page_cost.interval_less": "saving",
    "cost.compared.best": "cost of {model}",
    "roi.band.*": "net present value",
}
"""Sentences with both ends of an interval, `low` and `high` -> the quantity that lies in it."""
CARDS = {
    "page_data.pairs.name": "pairs",
    "page_data.held_out.name": "held-out pairs",
    "page_data.judged.name": "judged rows",
    "page_effort.pairs.name": "pairs",
    "page_effort.judged.name": "judged rows",
    "cards.effort.name": "pairs",
    "cards.score.name": "score of kdmcse",
    "cards.cost.name": "saving",
}
"""The name of a card -> the quantity of its value; beside those of `ROWS`."""
IN_PARTS = (
    "stats.interval.*", "roi.range", "roi.with_range", "roi.axes.*", "results.cost.*", "page_cost.interval_*", "cards.cost.note", "cost.compared.*",
    "roi.band.*", "page_roi.card.band", "report.range",
)  # fmt: skip
"""Sentences that are put together from amounts which are read where they come from, or where they are shown."""
OTHER_AMOUNTS = (
    "page_disagreements.saved", "page_disagreements.costs", "page_cost.mistakes.*", "cost.line.error", "cost.example.*", "roi.matters_most",
)  # fmt: skip
"""Sentences with amounts that are no quantity: of one row, of one kind of mistake, of an invented example, of an input alone."""
TEST_THRESHOLDS = list(itertools.product(("only", "lower", "upper", "both"), range(FOLDS + 1)))
ROWS = {
    "roi.figure.saving": "saving",
    "roi.figure.net_present_value": "net present value",
    "roi.figure.payback_months": "payback",
    "roi.figure.benefit_cost": "benefit/cost",
    "roi.figure.one_off": "one-off effort",
    "roi.figure.monthly": "monthly effort",
}


CURRENCY = re.compile(r"[¥￥$€£]\s?\d")


@dataclass
class Figures:
    """What was read: quantity -> value as a number -> where it stood."""

    seen: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))

    def note(self, quantity: str, text: str, place: str) -> None:
        text = plain_text(str(text))
        if "threshold" in quantity:  # one, or two between which people review
            self.seen[quantity]["/".join(re.findall(r"\d\.\d+", text)) or text].add(f"{place}: {text}")
            return
        if (value := number_of(text)) is not None:
            self.seen[quantity][value].add(f"{place}: {text}")
        self.note_interval(quantity, text, place)

    def note_interval(self, quantity: str, text: str, place: str) -> None:
        if (ends := interval_of(plain_text(text))) is not None:
            self.seen[f"interval of {quantity}"][ends].add(f"{place}: {text}")

    @property
    def contradictions(self) -> dict[str, dict[str, set[str]]]:
        return {name: dict(values) for name, values in self.seen.items() if len(values) > 1}


def number_of(text: str) -> str | None:
    """The first number, without sign of plus, currency and separators; None where there is none."""
    found = re.search(r"-?[¥￥$€]?-?\d[\d,]*\.?\d*", str(text))
    return found and re.sub(r"[¥￥$€,]", "", found[0])


def interval_of(text: str) -> str | None:
    """Both numbers in brackets."""
    found = re.search(r"[(（]([^)）]*)(?: to |〜)([^)）]*)[)）]", str(text))
    return found and f"{number_of(found[1])}/{number_of(found[2])}"


def about(quantity: str, fields: Mapping[str, object]) -> str:
    """The quantity of the method that a sentence is about."""
    methods = {one: method_of(str(fields[one])) for one in ("name", "method", "model") if one in fields}
    return quantity.format(**methods).replace("KDMCSE", CANDIDATE)


def same(key: str, pattern: str) -> bool:
    return key == pattern or (pattern.endswith("*") and key.startswith(pattern[:-1]))


def method_of(text: str) -> str:
    """The method that a sentence names, in any language: what is called differently in the midst of a sentence too."""
    for language in LANGUAGES:
        t = Locale(language)
        names = {t(f"results.method.{method}"): method for method in (BASELINE, *METHODS)}
        names[t(f"results.name.{BASELINE}")] = BASELINE
        names |= {
            name_of_test_threshold(t, end, part): f"{end} test threshold of part {part}"
            for end, part in TEST_THRESHOLDS
        }
        if text in names:
            return names[text]
    return text


class Reader:
    """Reads what is said while `Locale` is asked for sentences."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.figures, self.place, self.model = Figures(), "", ""
        self.unknown: set[str] = set()
        original = Locale.__call__

        def call(locale: Locale, key: str, /, **fields: object) -> str:
            self.sentence(key, fields)
            return original(locale, key, **fields)

        monkeypatch.setattr(Locale, "__call__", call)
        self.drawn: dict[str, dict] = {}
        figure = layout.figure

        def draw(drawing: dict, key: str, **fields: object) -> object:
            self.drawn[key] = drawing
            return figure(drawing, key, **fields)

        monkeypatch.setattr(layout, "figure", draw)

    def sentence(self, key: str, fields: Mapping[str, object]) -> None:
        if key.startswith("cost.compared.") and "model" in fields:
            self.model = method_of(str(fields["model"]))
        if key.startswith("cost.line.") and key.endswith(("some", "band")):  # of the model named in the line above
            ends = f"{fields['lower']} {fields['upper']}" if key.endswith("band") else str(fields["upper"])
            self.figures.note(f"threshold for operation of {self.model}", ends, f"{self.place} {key}")
        for (pattern, name), quantity in FIELDS.items():
            if same(key, pattern) and name in fields:
                self.figures.note(about(quantity, fields), str(fields[name]), f"{self.place} {key}")
        for pattern, quantity in INTERVALS.items():
            if same(key, pattern) and {"low", "high"} <= set(fields):
                ends = f"({fields['low']} to {fields['high']})"
                self.figures.note_interval(about(quantity, fields), ends, f"{self.place} {key}")
        if key == "cost.compared.less" and self.model == CANDIDATE:
            self.figures.note("saving", str(fields["saving"]), f"{self.place} {key}")
        for name, value in fields.items():
            known = any(same(key, pattern) and name == one for pattern, one in FIELDS)
            if (
                CURRENCY.search(str(value))
                and not known
                and not any(same(key, one) for one in IN_PARTS + OTHER_AMOUNTS)
            ):
                self.unknown.add(f"{key}, {name}")

    def cards(self, app, language: str) -> None:
        """The value under the name of a card; its interval stands beside it, or in its note."""
        known = sentences(language)
        names = {capital(known[key]): quantity for key, quantity in (CARDS | ROWS).items()}
        for name, value in itertools.pairwise(elements(app._tree)):
            is_card = name.type == "caption" and value.type == "markdown" and value.value.startswith("#### ")
            if is_card and (quantity := names.get(capital(unescaped(name.value)))):
                self.figures.note(quantity, unescaped(value.value.removeprefix("#### ")), f"{self.place} card")

    def tables(self, app, language: str) -> None:
        known = sentences(language)
        columns = {capital(known[key]): quantity for key, quantity in COLUMNS.items()}
        rows = {known[key]: quantity for key, quantity in ROWS.items()}
        against = re.escape(known["page_cost.saving"]).replace(r"\{name\}", ".+")
        for table in app.table:
            frame = plain(table.value)
            for _, row in frame.iterrows():
                label = str(row.iloc[0])
                for column, quantity in columns.items():
                    if column in frame.columns and known["shared.method.head"] in frame.columns:
                        name = quantity.format(method=method_of(row[known["shared.method.head"]]))
                        self.figures.note(name, row[column], f"{self.place} table, {column}")
                for column in filter(re.compile(against).fullmatch, frame.columns):
                    if method_of(row[known["shared.method.head"]]) == CANDIDATE:
                        self.figures.note("saving", row[column], f"{self.place} table, {column}")
                if label == "100%" and known["page_effort.table.share"] in frame.columns:
                    self.figures.note(
                        "score of kdmcse", row[known["results.metric.sts_spearman"]], f"{self.place} by share"
                    )
                    self.figures.note("cost of kdmcse", row[known["page_effort.table.cost"]], f"{self.place} by share")
                if known["roi.head.axis"] in frame.columns:  # the axes: the name of a figure, its value, its interval
                    label, value, ends = (row[known[f"roi.head.{one}"]] for one in ("figure", "value", "interval"))
                elif len(frame.columns) == 2:
                    value, ends = row.iloc[1], None
                else:
                    continue
                if quantity := next((rows[one] for one in rows if label.lower() == one.lower()), None):
                    self.figures.note(quantity, value, f"{self.place} table, {label}")
                    self.figures.note_interval(quantity, f"({ends})", f"{self.place} table, {label}")

    def charts(self, comparison: cost.CostComparison, language: str) -> None:
        """What the marks of the costs by threshold stand at, and what the costs by share are at the entered share."""
        t, currency = Locale(language), comparison.prices.currency
        marks = [trace for trace in self.drawn["cost_curves"]["data"] if trace["mode"] == "markers"]
        assert len(marks) == sum(one.has_mark for one in comparison.best.values())
        for mark in marks:
            method, where = method_of(html.unescape(mark["name"])), f"{self.place} mark"
            self.figures.note(f"cost of {method}", t.money(mark["y"][0], currency), where)
            if not comparison.prices.review:
                self.figures.note(f"threshold for operation of {method}", t.number(mark["x"][0], 3), where)
        shares = self.drawn["cost_base_rates"]
        for line in shares["layout"].get("shapes", []):  # none where segments have shares of their own
            for trace in shares["data"]:
                amount = dict(zip(trace["x"], trace["y"], strict=True))[line["x0"]]
                method = method_of(html.unescape(trace["name"]))
                self.figures.note(f"cost of {method}", t.money(amount, currency), f"{self.place} entered share")

    def report(self, analysis: Analysis, language: str) -> None:
        """The tables of the report; its sentences are read like all others."""
        t, today = Locale(language), datetime.date.today()
        render_html(analysis, language, today=today)
        content = ReportContent(t, analysis, today)
        for row in content.cost_rows:
            for name, quantity in (
                ("cost", "cost"),
                ("false_match_rate", "rate of wrong matches"),
                ("missed_match_rate", "rate of missed matches"),
                ("threshold", "threshold for operation"),
            ):
                self.figures.note(f"{quantity} of {row['method']}", row[name], f"{self.place} costs")
            self.figures.note_interval(f"cost of {row['method']}", f"({row['range']})", f"{self.place} costs")
        for row in content.seed_rows("sts_spearman"):
            self.figures.note(f"score of {row['method']}", row["mean"].text, f"{self.place} scores")
        names = {t(key): quantity for key, quantity in ROWS.items()}
        for figure, value, interval, _ in content.axes_rows:
            if figure in names:
                self.figures.note(names[figure], f"{value} ({interval})", f"{self.place} axes")
        counts = {"pairs": "pairs", "test": "test pairs", "held_out": "held-out pairs", "train": "training pairs"}
        rows = dict(content.data_rows)
        for name, quantity in counts.items():
            self.figures.note(quantity, rows[t(f"report.data_row.{name}")], f"{self.place} data")


def unescaped(text: str) -> str:
    """Without the marks that keep a text from being read as Markdown."""
    return re.sub(r"\\(.)", r"\1", str(text))


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the marks that keep a text from being read as Markdown."""
    return frame.rename(columns=unescaped).map(unescaped)


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> tuple[Workspace, str]:
    """A complete proof of concept: three trainings a method, prices, a scenario, judgements, trainings on parts of the data."""
    folder = tmp_path_factory.mktemp("sample")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", sts=240, pairs=240)
    complete(workspace, dataset)
    for share in (0.1, 0.25, 0.5):
        for seed in (0, 1, 2):
            part = TrainingConfig().on_share(share)
            evaluated(workspace, dataset, config(dataset, "kdmcse", seed, training=part), 0.5 + share / 3)
    annotation.propose(workspace, dataset, 12)
    for item in annotation.read_items(workspace, dataset):
        annotation.judge(workspace, dataset, "Aiko", item.id, 3, 6.0)
    return finished(workspace, dataset)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Workspace, str]:
    """Another: two trainings a method, segments and reviews, other prices."""
    folder = tmp_path_factory.mktemp("small")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", decisions=180, segments=("mug", "plate"))
    complete(workspace, dataset, seeds=(0, 1))
    prices = cost.Prices("EUR", 5, 20, 3_000, 0.2, review=cost.Review(1, 0.97))
    return finished(workspace, dataset, prices)


def finished(workspace: Workspace, dataset, prices: cost.Prices = PRICES) -> tuple[Workspace, str]:
    cost.write_prices(workspace, dataset.fingerprint, prices)
    scenario = default_scenario(analysed(workspace, dataset).results, "Plan")
    kept = scenario_store.save(workspace, dataset.fingerprint, scenario)
    digest = locking.current(workspace, dataset.fingerprint).digest
    scenario_store.mark_for_criteria(workspace, dataset.fingerprint, kept.id, digest)
    return workspace, dataset.fingerprint


def read_everything(reader: Reader, workspace: Workspace, dataset: str, monkeypatch, capsys) -> Iterator[str]:
    for language in LANGUAGES:
        for page in PAGES:
            reader.place = f"{page}.{language}"
            application = open_page(workspace.path, page, language, monkeypatch)
            assert not application.exception, reader.place
            reader.tables(application, language)
            reader.cards(application, language)
            if page == "cost":
                reader.charts(analysed(workspace, dataset).costs().comparison, language)
            yield page
        reader.place = f"report.{language}"
        reader.report(analysed(workspace, dataset), language)
        reader.place = f"kdmcse cost {language}"
        comparison_lines(Locale(language), analysed(workspace, dataset).costs().comparison)
        for command in (["curve", "--dataset", dataset], ["contract", "--dataset", dataset]):
            reader.place = f"kdmcse {command[0]} {language}"
            assert shell.main([*command, "--workspace", str(workspace.path), "--language", language]) == 0
            capsys.readouterr()


@pytest.mark.parametrize("poc", ["sample", pytest.param("small", marks=pytest.mark.slow)])
def test_no_quantity_is_shown_with_two_values(poc, request, monkeypatch, capsys):
    workspace, dataset = request.getfixturevalue(poc)
    reader = Reader(monkeypatch)
    read = list(read_everything(reader, workspace, dataset, monkeypatch, capsys))
    assert len(read) == 2 * len(PAGES)
    assert reader.figures.contradictions == {}
    assert reader.unknown == set(), "amounts that are said and not compared with any other"
    several = """score of kdmcse, score of mcse, score of baseline, cost of kdmcse, saving, net present value, payback, pairs, one-off effort,
        rate of wrong matches of mcse, rate of missed matches of mcse, threshold for operation of kdmcse, caption searches,
        held-out pairs, test pairs, judged rows, interval of saving, interval of score of kdmcse, interval of net present value,
        interval of cost of kdmcse"""
    for quantity in map(str.strip, several.split(",")):
        places = set().union(*reader.figures.seen[quantity].values())
        assert len({place.split(":")[0] for place in places}) >= 2, f"{quantity} is shown once only: {places}"
    judged = [name for name in reader.figures.seen if "test threshold of part" in name]
    assert any(
        {place.split(".")[0] for places in reader.figures.seen[name].values() for place in places}
        >= {"cost", "disagreements"}
        for name in judged
    ), "no test threshold is shown on both pages"


def test_two_values_of_one_quantity_are_noticed():
    figures = Figures()
    for place, text in (("a", "¥1,037,778 (427,657 to 1,716,767)"), ("b", "￥1,037,778"), ("c", "+0.5")):
        figures.note("saving" if place != "c" else "gain", text, place)
    assert figures.contradictions == {}
    figures.note("saving", "¥966,667 a month", "d")
    figures.note("gain", "0.500 (0.1 to 0.9)", "e")
    assert set(figures.contradictions) == {"saving", "gain"}
    for text in ("0.597", "0.527 to 0.597"):
        figures.note("threshold for operation of kdmcse", text, "e")
    assert "threshold for operation of kdmcse" in figures.contradictions


def test_every_quantity_has_words_and_is_computed_where_it_says():
    for language in LANGUAGES:
        known = sentences(language)
        for quantity in QUANTITIES:
            assert {f"quantities.name.{quantity.name}", f"quantities.meaning.{quantity.name}"} <= set(known)
            assert f"quantities.unit.{quantity.unit}" in known
    for quantity in QUANTITIES:
        assert has(quantity.computed_by), quantity.computed_by


def has(dotted: str) -> bool:
    """Whether there is such a function, method or field."""
    parts = dotted.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for name in parts[split:]:
            if not hasattr(thing, name):
                return name in getattr(thing, "__dataclass_fields__", {})
            thing = getattr(thing, name)
        return True
    return False
