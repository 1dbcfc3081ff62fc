"""The end of the report: every number in full digits, the data, the settings, models, digests and versions. Laid out, not calculated."""

from collections.abc import Iterator

from kdmcse.config import BASELINE, CANDIDATE
from kdmcse.documents import report_charts as charts
from kdmcse.documents.content import Block, Bullets, Heading, Section, Sentence, Table
from kdmcse.documents.report_facts import Cell, Footnotes, ReportFacts
from kdmcse.metrics import of_task
from kdmcse.presentation.settings import choice_sentences, option_rows

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MEASURES = {"recall_at_1": "Recall@1", "recall_at_5": "Recall@5", "recall_at_10": "Recall@10", "ndcg_at_10": "nDCG@10"}


def appendix(facts: ReportFacts) -> list[Section]:
    """The sections of the appendix; those that have nothing to say are empty."""
    evaluated = facts.results.stage == "evaluated"
    made = {
        "scores": _scores(facts) if evaluated else (),
        "search": _search(facts) if evaluated else (),
        "costs": _costs(facts) if evaluated else (),
        "returns": _returns(facts) if evaluated else (),
        "data": _data(facts),
        "findings": _findings(facts),
        "origin": _origin(facts),
        "settings": _settings(facts),
        "choice": _choice(facts),
    }
    return [
        Section(name, facts.t(f"document.appendix_title.{name}"), list(blocks), appendix=True)
        for name, blocks in made.items()
    ]


def _cell(cell: Cell) -> str:
    mark = str(cell.note).translate(_RAISED) if cell.note else ""
    return cell.text + mark + (f"\n{cell.range}" if cell.range else "")


def _notes(notes: Footnotes) -> Iterator[Block]:
    for number, text in enumerate(notes.texts, 1):
        yield Sentence(f"{str(number).translate(_RAISED)} {text}", "soft")


def _ours(rows: list[dict]) -> int | None:
    return next((place for place, row in enumerate(rows) if row["method"] == CANDIDATE), None)


def _scores(facts: ReportFacts) -> Iterator[Block]:
    t, columns = facts.t, len(facts.seeds) + 3
    for metric in facts.shown_metrics:
        found = facts.seed_rows(metric)
        rows = []
        for row in found:
            cells = [_cell(cell) for cell in row["cells"]] or [""] * len(facts.seeds)
            rows.append([facts.method(row["method"]), *cells, _cell(row["mean"]), row["range"]])
        seeds = [t("report.seed", seed=seed) for seed in facts.seeds]
        head = ["", *seeds, t("report.mean"), t("report.interval")]
        caption, numbers = t(f"results.metric.{metric}"), range(1, columns)
        yield Table(rows, head, caption, tuple(numbers), (2.4, *[1] * (columns - 2), 1.8), _ours(found))
    yield from _notes(facts.score_notes)
    if facts.by_people:
        yield Sentence(t("report.scores.rule"), "soft")


def _search(facts: ReportFacts) -> Iterator[Block]:
    t = facts.t
    for task in facts.searches:
        found = facts.search_rows(task)
        rows = [[facts.method(row["method"]), *map(_cell, row["cells"])] for row in found]
        head = ["", *(_MEASURES.get(metric.measure, metric.measure) for metric in of_task(task))]
        caption = t(f"report.search.{task}", count=facts.queries(task))
        yield Table(rows, head, caption, tuple(range(1, len(head))), (2.4, *[2] * (len(head) - 1)), _ours(found))
    yield from _notes(facts.search_notes)
    if facts.searches:
        yield Sentence(t("report.search.help"), "soft")


def _costs(facts: ReportFacts) -> Iterator[Block]:
    t = facts.t
    if facts.why_no_cost:
        yield Sentence(facts.why_no_cost)
        return
    found = facts.cost_rows
    rows = [
        [
            facts.method(row["method"]),
            row["cost"] + (f"\n{row['range']}" if row["range"] else ""),
            row["threshold"],
            row["false_match_rate"],
            row["missed_match_rate"],
        ]
        for row in found
    ]
    names = ("threshold", "false_match_rate", "missed_match_rate")
    head = ["", t("report.cost.monthly"), *(t(f"quantities.name.{name}") for name in names)]
    yield Table(rows, head, numbers=(1, 2, 3, 4), weights=(2, 3, 2, 2, 2), strong=_ours(found))
    yield Sentence(facts.cost_notes, "soft")
    if facts.in_curve:
        yield charts.curve_chart(facts)
        yield Sentence(t.join(filter(None, [t("report.cost.caption"), facts.unmarked])), "soft")
    yield Heading(t("report.cost.prices"))
    yield Table(facts.price_rows, weights=(3, 2))


def _returns(facts: ReportFacts) -> Iterator[Block]:
    t = facts.t
    if not facts.outlooks:
        return
    yield Sentence(facts.axes_sentence)
    head = [t(f"roi.head.{name}") for name in ("figure", "value", "interval", "probability")]
    yield Table(facts.axes_rows, head, numbers=(1, 2, 3), weights=(3, 2, 3, 2))
    yield Sentence(t("report.roi.scenario", name=facts.outlooks[0].found.scenario.name), "soft")
    if facts.break_evens:
        yield Heading(t("glossary.term.break_even"))
        yield Bullets(facts.break_evens)
    if len(facts.outlooks) > 1:
        table = facts.scenario_table
        rows = [[label, *row] for label, row in zip(table.index, table.to_numpy().tolist(), strict=True)]
        columns = len(table.columns)
        yield Table(
            rows,
            ["", *table.columns],
            t("report.roi.others"),
            tuple(range(1, columns + 1)),
            (2, *[2] * columns),
        )


def _data(facts: ReportFacts) -> Iterator[Block]:
    t = facts.t
    yield Table(facts.data_rows, weights=(3, 2), numbers=(1,))
    times = [[facts.method(method), time] for method, time in facts.time_rows if method != BASELINE]
    if times:
        yield Table(times, caption=t("report.data.time"), weights=(3, 2), numbers=(1,))
    if facts.growth:
        yield Heading(t("report.data.growth"))
        yield Sentence(t.join(facts.growth))


def _findings(facts: ReportFacts) -> Iterator[Block]:
    t = facts.t
    if not facts.problem_rows:
        yield Sentence(t("report.data.no_problems"))
        return
    yield Sentence(t("report.data.problems_help"), "soft")
    yield Table(facts.problem_rows, weights=(1, 12), numbers=(0,))


def _origin(facts: ReportFacts) -> Iterator[Block]:
    t, rows = facts.t, list(facts.provenance_rows)
    if facts.decision:
        rows.append((t("document.appendix_title.digest"), facts.decision.locked.digest))
    yield Table(rows, weights=(1, 2.4))
    if facts.results.asked:
        yield Heading(t("report.method.compared"))
        yield Bullets(
            [
                t("criteria.line", label=facts.method(one), value=t(f"results.method_help.{one}"))
                for one in facts.results.asked
            ]
        )


def _settings(facts: ReportFacts) -> Iterator[Block]:
    if facts.setting_rows:
        before = "settings_before" if facts.results.choices else "settings"
        yield Table(facts.setting_rows, caption=facts.t(f"report.method.{before}"), weights=(3, 2))


def _choice(facts: ReportFacts) -> Iterator[Block]:
    t, results = facts.t, facts.results
    if not results.choices:
        return
    yield Sentence(t("choice.text"), "soft")
    yield Bullets(choice_sentences(t, results.choices, results.dataset))
    rows = option_rows(t, results.choices)
    yield Table([list(row.values()) for row in rows], list(rows[0]))
