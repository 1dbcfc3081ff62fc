"""Every quantity has one value: pages, report and shell in both languages are read, and no quantity may be there with two."""

import datetime
import importlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping

import pandas as pd
import pytest
from example_poc import PRICES, analysed, complete, config, evaluated, import_example
from pages_under_test import PAGES, elements, open_page
from quantities_in_charts import Drawn, read_charts, read_report_charts
from quantities_in_json import read_json
from quantities_shown import (
    CARDS,
    COLUMNS,
    CURRENCY,
    FIELDS,
    IN_PARTS,
    INTERVALS,
    OTHER_AMOUNTS,
    ROWS,
    Figures,
    about,
    method_of,
    rounded,
    same,
)

from dashboard.forms import roi_inputs
from kdmcse import annotation, cost, data
from kdmcse.cli import app as shell
from kdmcse.cli.data import dataset_facts
from kdmcse.config import BASELINE, CANDIDATE, TrainingConfig
from kdmcse.criteria import locking
from kdmcse.documents.content import Document, Table
from kdmcse.documents.report_content import report
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.i18n import LANGUAGES, Locale, capital, sentences
from kdmcse.presentation.costs import comparison_lines
from kdmcse.quantities import QUANTITIES
from kdmcse.results.analysis import Analysis
from kdmcse.results.outlook import default_scenario
from kdmcse.roi import scenario_store
from kdmcse.roi.cash_flow import FIGURES
from kdmcse.store.workspace import Workspace


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
        self.drawn = Drawn(monkeypatch)

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

    def charts(self, analysis: Analysis, language: str) -> None:
        """The charts of the page that was read last."""
        self.unknown |= read_charts(self.figures, self.place, self.drawn, analysis, Locale(language))

    def cards(self, app, language: str) -> None:
        """The value under the name of a card; its interval stands beside it, or in its note."""
        known = sentences(language)
        figures = {key: rounded(quantity) for key, quantity in ROWS.items()}
        names = {capital(known[key]): quantity for key, quantity in (CARDS | figures).items()}
        for name, value in itertools.pairwise(elements(app._tree)):
            is_card = name.type == "caption" and value.type == "markdown" and value.value.startswith("**")
            if is_card and (quantity := names.get(capital(unescaped(name.value)))):
                self.figures.note(quantity, unescaped(value.value.strip("*")), f"{self.place} card")

    def tables(self, app, language: str) -> None:
        known = sentences(language)
        columns = {capital(known[key]): quantity for key, quantity in COLUMNS.items()}
        rows = {known[key]: quantity for key, quantity in ROWS.items()}
        steps = {known[f"roi.step.{name}"]: ROWS[f"roi.figure.{name}"] for name in FIGURES}
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
                        self.figures.note("saving, rounded", row[column], f"{self.place} table, {column}")
                if label == "100%" and known["page_effort.table.share"] in frame.columns:
                    score = row[capital(known["results.metric.sts_spearman"])]
                    self.figures.note("score of kdmcse", score, f"{self.place} by share")
                    self.figures.note("cost of kdmcse", row[known["page_effort.table.cost"]], f"{self.place} by share")
                if label == str(frame.iloc[0, 0]) and known["page_roi.tornado_table.value_low"] in frame.columns:
                    for end in ("low", "high"):
                        text = row[known[f"page_roi.tornado_table.value_{end}"]]
                        self.figures.note(f"{end} end of what matters most", text, f"{self.place} tornado table")
                if label in steps and not self.place.startswith("example"):  # whose figures are invented
                    self.figures.note(steps[label], row[known["page_roi.arithmetic.result"]], f"{self.place} {label}")
                if known["roi.head.axis"] in frame.columns:  # the axes: the name of a figure, its value, its interval
                    label, value, ends = (row[known[f"roi.head.{one}"]] for one in ("figure", "value", "interval"))
                    if quantity := next((rows[one] for one in rows if label.lower() == one.lower()), None):
                        sure = row[known["roi.head.probability"]]
                        self.figures.note(f"probability of {quantity}", sure, f"{self.place} table, {label}")
                elif len(frame.columns) == 2 and known["page_definitions.explained"] not in frame.columns:
                    value, ends = row.iloc[1], None
                else:
                    continue
                if quantity := next((rows[one] for one in rows if label.lower() == one.lower()), None):
                    self.figures.note(rounded(quantity), value, f"{self.place} table, {label}")
                    self.figures.note_interval(rounded(quantity), f"({ends})", f"{self.place} table, {label}")

    def report(self, analysis: Analysis, language: str) -> None:
        """The tables of the report; its sentences are read like all others."""
        t, today = Locale(language), datetime.date.today()
        document = report(analysis, language, today=today)  # what slides, PDF and page show
        read_report_charts(self.figures, self.place, document, analysis, t)
        self.report_tables(document, t)
        content = ReportFacts(t, analysis, today)
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
        for figure, value in content.scenario_table.iloc[:, 0].items():
            if figure in names:
                self.figures.note(names[figure], value, f"{self.place} scenarios")
        counts = {"pairs": "pairs", "test": "test pairs", "held_out": "held-out pairs", "train": "training pairs"}
        rows = dict(content.data_rows)
        for name, quantity in counts.items():
            self.figures.note(quantity, rows[t(f"report.data_row.{name}")], f"{self.place} data")

    def report_tables(self, document: Document, t: Locale) -> None:
        """The tables of the document itself: what a method scores and costs, and the figures of a return."""
        names = {t(key): quantity for key, quantity in ROWS.items()}
        sections = {section.name: section for section in document.sections}
        scores, costs = (
            [one for one in sections[name].all_blocks if isinstance(one, Table)] for name in ("scores", "costs")
        )
        for row in scores[0].rows:
            self.figures.note(f"score of {method_of(row[0])}", row[-2].rstrip("¹²³"), f"{self.place} table of scores")
        for row in costs[0].rows:
            cost, _, ends = row[1].partition("\n")
            self.figures.note(f"cost of {method_of(row[0])}", cost, f"{self.place} table of costs")
            self.figures.note_interval(f"cost of {method_of(row[0])}", f"({ends})", f"{self.place} table of costs")
        for row in [row for one in sections["returns"].all_blocks if isinstance(one, Table) for row in one.rows]:
            if row[0] in names:
                ends = f" ({row[2]})" if len(row) == 4 else ""
                self.figures.note(names[row[0]], row[1] + ends, f"{self.place} table of returns")


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
    people = {"today/process": "people", "today/price_per_decision": 2, "today/accuracy": 0.95}
    return finished(workspace, dataset, prices, people)


def finished(workspace: Workspace, dataset, prices: cost.Prices = PRICES, typed: Mapping = {}) -> tuple[Workspace, str]:
    """With a scenario of which not all comes true, and the same typed where no scenario is chosen. typed: more of it, by path."""
    cost.write_prices(workspace, dataset.fingerprint, prices)
    typed = {"saving_share": 0.8, **typed}
    scenario = default_scenario(analysed(workspace, dataset).results, "Plan").with_inputs(typed)
    kept = scenario_store.save(workspace, dataset.fingerprint, scenario)
    scenario_store.write_draft(workspace, dataset.fingerprint, roi_inputs.UNSAVED, {"values": typed})
    digest = locking.current(workspace, dataset.fingerprint).digest
    scenario_store.mark_for_criteria(workspace, dataset.fingerprint, kept.id, digest)
    return workspace, dataset.fingerprint


def read_everything(reader: Reader, workspace: Workspace, dataset: str, monkeypatch, capsys) -> Iterator[str]:
    for language in LANGUAGES:
        for page in PAGES:
            reader.place = f"{page}.{language}"
            reader.drawn.charts.clear()
            application = open_page(workspace.path, page, language, monkeypatch)
            assert not application.exception, reader.place
            reader.tables(application, language)
            reader.cards(application, language)
            reader.charts(analysed(workspace, dataset), language)
            yield page
        reader.place = f"report.{language}"
        reader.report(analysed(workspace, dataset), language)
        reader.place = f"kdmcse cost {language}"
        comparison_lines(Locale(language), analysed(workspace, dataset).costs().comparison)
        for command in (["curve", "--dataset", dataset], ["contract", "--dataset", dataset]):
            reader.place = f"kdmcse {command[0]} {language}"
            assert shell.main([*command, "--workspace", str(workspace.path), "--language", language]) == 0
            capsys.readouterr()
    read_answers(reader, workspace, dataset, monkeypatch, capsys)


def read_answers(reader: Reader, workspace: Workspace, dataset: str, monkeypatch, capsys) -> None:
    """What commands answer with --json. Nothing is trained: `demo` finds all that it asks for."""
    opened, results = data.open_dataset(workspace, dataset), analysed(workspace, dataset).results
    monkeypatch.setattr("kdmcse.sample.import_sample", lambda workspace: opened)
    for start in ("start_sample", "start_projection"):
        monkeypatch.setattr(f"kdmcse.processes.launch.{start}", lambda *given: [])
    prices = workspace.path / "prices.toml"
    prices.write_text(as_toml(results.prices.to_dict()), encoding="utf-8")
    ids = {method: [run.id for run in results.of_method(method)] for method in results.methods}
    models = [f"--model={run}" for method in ids if method != BASELINE for run in ids[method]]
    baseline = f"--baseline={ids[BASELINE][0]}"
    commands = {
        "demo": [],
        "curve": ["--dataset", dataset],
        "evaluate": ["--dataset", dataset, *models, baseline],
        "cost": ["--dataset", dataset, *models, baseline, "--prices", str(prices)],
    }
    answers = {"import": dataset_facts(opened)}
    for command, options in commands.items():
        reader.place = f"kdmcse {command} --json"
        assert shell.main([command, *options, "--workspace", str(workspace.path), "--json"]) == 0
        answers[command] = json.loads(capsys.readouterr().out)
    for command, answer in answers.items():
        reader.unknown |= read_json(reader.figures, command, answer, Locale("en"), results.prices.currency)


def as_toml(table: dict, name: str = "") -> str:
    """Numbers and texts, then the tables within."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    inside = [as_toml(value, f"{name}{key}.") for key, value in table.items() if isinstance(value, dict)]
    return "\n".join([*([f"[{name.removesuffix('.')}]"] if name else []), *lines, *inside]) + "\n"


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
        held-out pairs, test pairs, judged rows, interval of score of kdmcse, interval of net present value,
        interval of cost of kdmcse, score of training kdmcse-0, cost of training kdmcse-0, threshold of training mcse-0,
        low end of what matters most, gain over mcse, realised saving, net saving, interval of realised saving,
        probability of net present value"""
    several = [
        *map(str.strip, several.split(",")),
        *map(rounded, ("saving", "net present value", "one-off effort", "middle of the draws")),
    ]
    for quantity in several:
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
