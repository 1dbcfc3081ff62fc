"""The report of a proof of concept as a `Document`: built once, in the order of the first page, for slides, PDF and HTML alike.

Sentences, figures and tables come from the functions that pages use; here they are put in order, and calculated nowhere.
"""

import datetime
import math
from collections.abc import Iterator, Sequence

from kdmcse import metrics
from kdmcse.config import CANDIDATE
from kdmcse.documents import report_charts as charts
from kdmcse.documents.content import (
    Block,
    Bullets,
    Card,
    Cards,
    Document,
    Heading,
    Phrase,
    Phrases,
    Section,
    Sentence,
    Table,
)
from kdmcse.documents.report_appendix import appendix
from kdmcse.documents.report_examples import changed, examples, pinned_examples, telling_kind
from kdmcse.documents.report_facts import ReportFacts
from kdmcse.documents.report_map import map_chart, map_sentences
from kdmcse.i18n import MISSING, Locale, capital
from kdmcse.presentation import criteria, phrases, roi
from kdmcse.presentation.cards import effort_card
from kdmcse.presentation.costs import probability
from kdmcse.presentation.rounded import about_money
from kdmcse.presentation.votes import method_sentence as vote_method
from kdmcse.results.analysis import Analysis
from kdmcse.results.disagreements import Disagreements
from kdmcse.roi.sensitivity import QUANTILES


def report(analysis: Analysis, language: str, *, today: datetime.date) -> Document:
    """The report in `language` (one of `i18n.LANGUAGES`), judged and dated `today`."""
    t = Locale(language)
    facts = ReportFacts(t, analysis, today)
    sections = [_answer(facts)]
    if facts.results.stage == "evaluated":
        shown, decided = telling_kind(facts), changed(facts, "decisions")
        sections += [
            _axes(facts),
            _criteria(facts),
            _return(facts),
            *_map(facts),
            *_examples(facts, shown, decided),
            _risks(facts),
            _phrases(facts, decided),
            _measured(facts),
        ]
    sections += appendix(facts)
    return Document(
        language=language,
        title=t("report.title", name=facts.dataset_name),
        heading=t("report.heading"),
        name=facts.dataset_name,
        date=t("document.date", date=t.date(today)),
        day=today.isoformat(),
        sections=[section for section in sections if section.all_blocks],
        measured_label=t("document.measured"),
        colon=t("document.colon"),
        continued=t("document.continued", title="{title}"),
        appendix=t("document.appendix"),
        footer=t("report.footer"),
        notice=facts.notice or "",
    )


def _section(
    facts: ReportFacts,
    name: str,
    blocks: list[Block],
    aside: Sequence[Block] = (),
    *,
    above: Sequence[Block] = (),
    measured: Sequence[str] = (),
) -> Section:
    key = f"document.measured_text.{name}"
    how = [facts.t(key)] if facts.t.has(key) else []
    return Section(name, facts.t(f"document.section.{name}"), blocks, aside, [*how, *measured], above=above)


# The answer


def _answer(facts: ReportFacts) -> Section:
    t = facts.t
    blocks: list[Block] = [Sentence(facts.headline, "headline", facts.tone)]
    if facts.results.stage != "evaluated":
        return _section(facts, "answer", [*blocks, Sentence(facts.next_sentence, "lead")])
    blocks.append(Sentence(t.join([score_sentence(facts), cost_sentence(facts)]), "lead"))
    blocks += [Sentence(reason) for reason in facts.stop_reasons]
    blocks.append(Cards([_score_card(facts), _saving_card(facts), payback_card(facts)]))
    if facts.decision:
        blocks += [Bullets(facts.decision_steps[:3])] if facts.decision_steps else []
    else:
        blocks.append(Sentence(t.join(facts.criteria), "soft"))
    measured = [t("document.measured_text.answer"), *facts.criteria] if facts.decision else []
    return Section("answer", t("document.section.answer"), blocks, measured=measured)


def score_sentence(facts: ReportFacts) -> str:
    """KDMCSE against the baseline on the score that decides, in plain words."""
    t, verdicts = facts.t, facts.verdicts
    new, other = phrases.model_in_sentence(t, CANDIDATE), phrases.model_in_sentence(t, verdicts.baseline)
    fields = {"name": new, "Name": capital(new), "other": other}
    deciding = verdicts.deciding
    if deciding is None or deciding.difference.estimate is None:
        return t("document.answer.not_measured", **fields)
    kind = phrases.score_kind(verdicts.metric)
    scores = phrases.before_and_after(t, verdicts)
    return t(f"document.answer.{kind}_{deciding.verdict}", **fields, **scores)


def cost_sentence(facts: ReportFacts) -> str | None:
    """What its mistakes would cost less or more, rounded to what the interval supports; None without costs."""
    t, costs = facts.t, facts.costs
    if costs.verdict is None:
        return None
    word = costs.saving_verdict
    if word == "not_decisive" and costs.verdict.difference.low is None:
        return None
    return t(f"document.answer.cost_{word}", **phrases.saving_fields(t, costs))


def _saving_text(facts: ReportFacts) -> str:
    """The saving, or where it is below 0 the additional cost, with its interval."""
    estimate, low, high = phrases.saving_ends(facts.costs)
    return about_money(facts.t, estimate, facts.costs.comparison.prices.currency, low, high)


def _score_card(facts: ReportFacts) -> Card:
    t, chart = facts.t, charts.score_chart(facts)
    name = charts.metric_name(t, facts.verdicts.metric)
    if chart is None:
        return Card(name, MISSING, t("document.card.not_measured"))
    scores = phrases.before_and_after(t, facts.verdicts)
    notes = t.series(bar.label + t("document.colon") + bar.text for bar in chart.bars)
    return Card(name, f"{scores['before']} → {scores['after']}", notes, facts.verdicts.deciding.verdict)


def _saving_card(facts: ReportFacts) -> Card:
    t, costs = facts.t, facts.costs
    if costs.verdict is None:
        return Card(t("document.card.saving"), MISSING, facts.why_no_cost or t("document.card.not_measured"))
    name = "more" if costs.saving_verdict == "worse" else "saving"
    tone = costs.saving_verdict if costs.saving_verdict in ("better", "worse") else "not_decisive"
    return Card(t(f"document.card.{name}"), *_apart(_saving_text(facts), t, "range"), tone=tone)


def _apart(text: str, t: Locale, range_is: str) -> tuple[str, str]:
    """An amount and its interval, of a text that has both. range_is: `range` of what was measured, `simulated` of what follows."""
    mark = {"en": " (", "ja": "（"}[t.language]
    value, _, rest = text.partition(mark)
    return value, t(f"document.card.{range_is}", range=rest[:-1]) if rest else ""


def payback_card(facts: ReportFacts) -> Card:
    """After how many months the first scenario has paid back, with the range of the simulations; else why that is not known."""
    t = facts.t
    if not facts.outlooks:
        why = "not_measured" if not facts.costs.verdict else "not_fitting" if facts.has_scenarios else "not_saved"
        return Card(t("document.card.payback"), MISSING, t(f"document.card.{why}"))
    outlook = facts.outlooks[0]
    low, high = outlook.sensitivity.band.quantiles["payback_months"].iloc[[0, -1]]
    value = roi.months(t, outlook.found.payback_months)
    range_ = roi.interval(t, "payback_months", low, high, outlook.found.scenario.currency)
    note = t("document.card.simulated", range=range_) if math.isfinite(low) else ""
    return Card(t("document.card.payback"), value, note, "plain")


# Axes, criteria, return


def _axes(facts: ReportFacts) -> Section:
    t = facts.t
    left = [chart for chart in (charts.score_chart(facts),) if chart]
    right: list[Block] = [chart for chart in (charts.cost_chart(facts),) if chart]
    if not right and facts.why_no_cost:
        right.append(Sentence(facts.why_no_cost))
    cards = [effort_card(t, facts.results)]
    shown = [Card(t("document.card.pairs"), cards[0].value, cards[0].note)]
    if facts.outlooks:
        effort, currency = facts.outlooks[0].found.scenario.effort, facts.outlooks[0].found.scenario.currency
        shown.insert(
            0,
            Card(
                t("document.card.once"),
                about_money(t, effort.one_off, currency),
                t("document.card.hours", hours=t.number(effort.hours)),
            ),
        )
    voted = [Heading(t("votes.title")), Sentence(facts.vote_sentence)] if facts.vote_sentence else []
    how = [vote_method(t, facts.votes)] if voted else []
    return _section(facts, "axes", [*left, Cards(shown)], [*right, *voted], measured=[*facts.sentences, *how])


def _criteria(facts: ReportFacts) -> Section:
    t = facts.t
    if not facts.decision:
        return _section(facts, "criteria", [Sentence(text) for text in facts.criteria])
    head = [t(f"document.head.{name}") for name in ("criterion", "state", "finding")]
    blocks: list[Block] = [Table(facts.decision_rows, head, weights=(2, 1.3, 5.5))]
    if facts.decision_steps:
        blocks += [Heading(t("report.decision.missing")), Bullets(facts.decision_steps)]
    return _section(facts, "criteria", blocks, measured=facts.criteria)


def _return(facts: ReportFacts) -> Section:
    t = facts.t
    if not facts.outlooks:
        why = "none" if facts.costs.verdict else "no_cost"
        blocks: list[Block] = [Sentence(t(f"document.return.{why}"))]
        if facts.costs.verdict:
            blocks = [Cards([_saving_card(facts)]), *blocks]
            blocks += [Heading(t("report.cost.prices")), Table(facts.price_rows, weights=(3, 2))]
        return _section(facts, "return", blocks)
    first = facts.outlooks[0]
    above = [
        Sentence(t("document.return.scenario", name=first.found.scenario.name), "soft"),
        Cards([_saving_card(facts), payback_card(facts), _value_card(facts)]),
    ]
    blocks = [Sentence(t("document.return.follows"))]
    blocks += [Bullets(notes)] if (notes := [*filter(None, [facts.assumed, *facts.scenario_notes])]) else []
    aside: list[Block] = []
    if len(facts.outlooks) > 1:
        chart = charts.value_chart(facts)
        aside = [Heading(t("document.return.several")), *([chart] if chart else []), _scenario_table(facts)]
    return _section(facts, "return", blocks, aside, above=above, measured=[facts.axes_sentence])


def _value_card(facts: ReportFacts) -> Card:
    t, outlook = facts.t, facts.outlooks[0]
    scenario, band = outlook.found.scenario, outlook.sensitivity.band
    low, _, high = band.quantiles["net_present_value"]
    name = t("document.card.value", months=roi.months(t, scenario.horizon_months))
    value = about_money(t, outlook.found.net_present_value, scenario.currency, low, high)
    amount, range_ = _apart(value, t, "simulated")
    sure = band.probability_positive
    chance = t("document.card.chance", probability=probability(t, sure)) if sure is not None else None
    return Card(name, amount, t.series(filter(None, [range_, chance])))


def _scenario_table(facts: ReportFacts) -> Table:
    """Payback and net present value of every scenario, rounded; all figures in full digits stand in the appendix."""
    t, rows = facts.t, []
    for outlook in facts.outlooks:
        found, quantiles = outlook.found, outlook.sensitivity.band.quantiles
        low, high = quantiles["net_present_value"].loc[[QUANTILES[0], QUANTILES[-1]]]
        value = about_money(t, found.net_present_value, found.scenario.currency, low, high)
        rows.append([found.scenario.name, roi.months(t, found.payback_months), value])
    head = [t("document.return.head"), *(t(f"roi.figure.{name}") for name in ("payback_months", "net_present_value"))]
    return Table(rows, head, numbers=(1, 2))


# Map, examples


def _map(facts: ReportFacts) -> Iterator[Section]:
    if chart := map_chart(facts):
        said = [Sentence(text) for text in map_sentences(facts)]
        yield _section(facts, "map", [*said, Sentence(facts.t("projection.note.read"), "soft"), chart])


def _examples(facts: ReportFacts, found: Disagreements | None, decided: Disagreements | None) -> Iterator[Section]:
    """What is shown, and first how many decisions changed, also where these have no pictures to show."""
    t = facts.t
    if facts.pinned:
        shown = {one.pin.kind: one.found for one in facts.pinned}
        blocks = pinned_examples(facts)
        how = t("document.measured_text.pinned")
    elif found is not None and len(found.table):
        shown, blocks = {found.kind: found}, examples(facts, found)
        how = t("document.measured_text.examples")
    else:
        return
    intro = [_counted(t, decided)] if decided is not None and "decisions" not in shown else []
    which = "pinned" if facts.pinned else "shown"
    for kind, one in shown.items():
        intro += [t(f"document.examples.{which}", kind=t(f"document.examples.kind_{kind}")), _counted(t, one)]
    title, above = t("document.section.pinned" if facts.pinned else "document.section.examples"), t.join(intro)
    yield Section("examples", title, blocks[:1], blocks[1:], [how], above=[Sentence(above, "soft")])


def _counted(t: Locale, found: Disagreements) -> str:
    """How many rows went which way."""
    kind = "decisions" if found.kind == "decisions" and not found.reviewed else "others"
    counts = {"gained": t.number(len(found.gained)), "lost": t.number(len(found.lost))}
    return t(f"document.examples.intro_{kind}", count=found.rows, **counts)


# Risks, phrases, how it was measured


def _risks(facts: ReportFacts) -> Section:
    t, results = facts.t, facts.results
    basis, counts = "document.basis", results.dataset.counts
    rows = [
        [t(f"{basis}.judgements"), t.number(counts["sts_usable"]) if counts["sts"] else t(f"{basis}.none")],
        [t(f"{basis}.decisions"), t.number(counts["decisions_usable"]) if counts["decisions"] else t(f"{basis}.none")],
        [t(f"{basis}.pairs"), t.number(counts["pairs"])],
        [t(f"{basis}.trainings"), t.number(len(results.evaluated))],
    ]
    if results.prices:
        rows.append([t(f"{basis}.prices"), t(f"{basis}.prices_entered", currency=results.prices.currency)])
    if facts.decision:
        locked = facts.decision.locked
        rows.append([t(f"{basis}.criteria"), criteria.version_date(t, locked)])
        rows.append([t(f"{basis}.stage"), criteria.field_value(t, locked.criteria, "stage")])
        rows.append([t(f"{basis}.people"), criteria.field_value(t, locked.criteria, "people")])
    aside = [Heading(t("document.section.basis")), Table(rows, weights=(1, 1))]
    risks = [*filter(None, [facts.notice]), *facts.reservations]
    return _section(facts, "risks", [Bullets(risks)] if risks else [], aside)


def _phrases(facts: ReportFacts, decided: Disagreements | None) -> Section:
    t, outlook = facts.t, next(iter(facts.outlooks), None)
    found = phrases.phrases(t, facts.results, facts.verdicts, facts.costs, facts.decision, outlook, decided)
    said = [Phrase(one.text, one.condition) for one in found]
    return _section(facts, "phrases", [Phrases(said, t("phrases.label"))] if said else [])


def _measured(facts: ReportFacts) -> Section:
    t, texts = facts.t, [facts.t("report.data.held_out"), facts.t("report.scores.intro")]
    if metrics.metric(facts.verdicts.metric).task in metrics.RETRIEVAL:
        texts.append(t("report.search.help"))
    else:
        texts.append(t("report.scores.rule"))
    if facts.costs.comparison:
        texts += [t("report.cost.intro"), facts.cost_notes]
    chart = charts.gain_chart(facts)
    return _section(facts, "measured", [Bullets([*filter(None, texts)])], [chart] if chart else [])
