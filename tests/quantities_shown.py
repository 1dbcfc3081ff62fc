"""Where each quantity is shown, and what was read there: quantity -> value -> places. Two values of one quantity contradict each other."""

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from kdmcse.config import BASELINE, CANDIDATE, METHODS
from kdmcse.cost.folds import FOLDS
from kdmcse.i18n import LANGUAGES, Locale, plain_text
from kdmcse.presentation.costs import name_of_test_threshold

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
    ("shared.against", "difference"): "gain over {method}",
    ("shared.gain", "difference"): "gain of {method}",
    ("cards.score.note", "baseline"): "score of {name}",
    ("cards.score.note", "difference"): "gain over {name}",
    ("cards.cost.per_month", "amount"): "saving, rounded",
    ("cards.effort.pairs", "count"): "pairs",
    ("cards.effort.note", "count"): "judged rows",
    ("cards.effort.note", "time"): "computing time",
    ("page_effort.computing.note", "total"): "computing time",
    ("page_effort.pairs.note", "train"): "training pairs",
    ("page_data.splits.text", "train"): "training pairs",
    ("page_data.splits.text", "test"): "test pairs",
    ("page_data.splits.repeats", "held_out"): "held-out pairs",
    ("page_scores.caption_to_caption.text", "count"): "caption searches",
    ("page_scores.caption_to_image.text", "count"): "image searches",
    ("report.search.caption_to_caption", "count"): "caption searches",
    ("report.search.caption_to_image", "count"): "image searches",
    ("roi.axes.cost_*", "amount"): "saving over {name}, rounded",
    ("roi.axes.score_there", "score"): "gain over baseline",
    ("roi.axes.effort", "once"): "one-off effort, rounded",
    ("roi.axes.effort", "monthly"): "monthly effort, rounded",
    ("roi.axes.sentence", "value"): "net present value, rounded",
    ("roi.axes.payback_comes", "months"): "payback",
    ("roi.answer.*", "value"): "net present value, rounded",
    ("roi.answer.comes", "months"): "payback",
    ("cost.judged.*", "threshold"): "{name} of {method}",
    ("disagreements.saves", "amount"): "saving of the typical training",
    ("disagreements.costs", "amount"): "saving of the typical training",
    ("cost.compared.best", "cost"): "cost of {model}",
    ("cost.cheaper.none", "cost"): "cost of reject every pair",
    ("cost.cheaper.all", "cost"): "cost of accept every pair",
    ("cost.cheaper.people", "cost"): "cost of people decide all",
    ("cost.cheaper.today", "cost"): "cost of {name} as today",
    ("roi.axes.cost_*", "probability"): "probability of saving over {name}",
    ("criteria.gate.pairs.*", "found"): "rows of the deciding score",
    ("document.answer.cost_*", "amount"): "saving, rounded",
    ("phrases.cost_less", "amount"): "saving, rounded",
    ("document.answer.*", "after"): "score of KDMCSE, rounded",
    ("document.answer.*", "before"): "score of {other}, rounded",
    ("phrases.score_*", "after"): "score of KDMCSE, rounded",
    ("phrases.score_*", "before"): "score of {other}, rounded",
    ("curve.gain*", "value"): "what further pairs bring",
    ("curve.gain_and_money", "money_value"): "saving by further pairs, rounded",
    ("roi.band.*", "middle"): "middle of the draws, rounded",
    ("roi.matters_most", "value_low"): "low end of what matters most, rounded",
    ("roi.matters_most", "value_high"): "high end of what matters most, rounded",
    ("cli.imported", "pairs"): "pairs",
    ("cli.imported", "held_out_pairs"): "held-out pairs",
}
COLUMNS = {
    "page_cost.monthly": "cost of {method}, rounded",
    "quantities.name.threshold": "threshold for operation of {method}",
    "quantities.name.false_match_rate": "rate of wrong matches of {method}",
    "quantities.name.missed_match_rate": "rate of missed matches of {method}",
    "page_scores.measures.spearman": "score of {method}",
}
INTERVALS = {
    "results.verdict.*": "gain over {name}",
    "results.against.*": "gain over {method}",
    "results.cost.better": "saving",
    "cost.compared.best": "cost of {model}",
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
    "cards.cost.name": "saving, rounded",
}
"""The name of a card -> the quantity of its value; beside those of `ROWS`."""
IN_PARTS = (
    "stats.interval.*", "roi.range", "roi.with_range", "roi.axes.*", "results.cost.*", "page_cost.interval_*", "cards.cost.note",
    "cost.compared.*", "roi.band.*", "page_roi.card.band", "report.range", "curve.gain_and_money", "rounded.*", "document.card.range",
    "document.card.simulated", "document.chart.*",
    "document.answer.cost_*", "phrases.cost_*", "phrases.payback.*", "criteria.axis.*",
)  # fmt: skip
"""Sentences that are put together from amounts which are read where they come from, or where they are shown."""
OTHER_AMOUNTS = (
    "document.examples.truth_*", "first_page.*",
    "page_disagreements.saved", "page_disagreements.costs", "page_cost.saves", "page_cost.costs_more", "page_cost.undecided_*",
    "page_cost.mistakes.*", "cost.line.error", "cost.example.*", "roi.matters_most", "roi.pays.*",
)  # fmt: skip
"""Sentences with amounts that are rounded, or no quantity: of one row, of one kind of mistake, of an invented example, of an input alone."""
ROWS = {
    "roi.figure.saving": "saving",
    "roi.figure.people_saving": "saving over people",
    "roi.figure.realised_saving": "realised saving",
    "roi.figure.net_monthly": "net saving",
    "scenarios.probability_saving": "probability of a saving over today's process",
    "scenarios.probability_value": "probability of net present value",
    "roi.figure.net_present_value": "net present value",
    "roi.figure.payback_months": "payback",
    "roi.figure.benefit_cost": "benefit/cost",
    "roi.figure.one_off": "one-off effort",
    "roi.figure.monthly": "monthly effort",
}


def rounded(quantity: str) -> str:
    """What a quantity is called where it is rounded; a payback and a probability are told alike everywhere."""
    return quantity if quantity.startswith(("payback", "probability")) else f"{quantity}, rounded"


CURRENCY = re.compile(r"[¥￥$€£]\s?\d")
EN = Locale("en")
SCALES = {"M": 1e6, "B": 1e9, "万": 1e4, "億": 1e8}
"""In what rounded amounts are counted."""
TEST_THRESHOLDS = list(itertools.product(("only", "lower", "upper", "both"), range(FOLDS + 1)))


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
            if quantity.endswith(", rounded"):  # languages count in different units
                quantity += next(f" in {one}" for one in LANGUAGES if re.search(rf"\b{one}\b", place))
            self.seen[f"interval of {quantity}"][ends].add(f"{place}: {text}")

    @property
    def contradictions(self) -> dict[str, dict[str, set[str]]]:
        return {name: dict(values) for name, values in self.seen.items() if len(values) > 1}


def number_of(text: str) -> str | None:
    """The first number, without sign of plus, currency and separators; None where there is none."""
    found = re.search(r"(-?[¥￥$€]?-?\d[\d,]*\.?\d*) ?(M\b|B\b|万|億)?", str(text))
    if found is None:
        return None
    number = re.sub(r"[¥￥$€,]", "", found[1])
    return f"{float(number) * SCALES[found[2]]:.12g}" if found[2] else number


def interval_of(text: str) -> str | None:
    """Both numbers in brackets."""
    found = re.search(r"[(（]([^)）]*)(?: to |〜)([^)）]*)[)）]", str(text))
    return found and f"{number_of(found[1])}/{number_of(found[2])}"


@functools.cache
def method_of(text: str) -> str:
    """The method that a sentence names, in any language: what is called differently in the midst of a sentence too."""
    for language in LANGUAGES:
        t = Locale(language)
        names = {t(f"results.method.{method}"): method for method in (BASELINE, *METHODS)}
        names |= {t(f"results.name.{BASELINE}"): BASELINE, t("roi.axes.than_people"): "people"}
        names |= {t(f"cost.thresholds.{one}"): EN(f"cost.thresholds.{one}") for one in ("all", "none", "people")}
        names |= {
            name_of_test_threshold(t, end, part): f"{end} test threshold of part {part}"
            for end, part in TEST_THRESHOLDS
        }
        if text in names:
            return names[text]
    return text


def name_of_training(method: str, seed: object, share: float = 1.0) -> str:
    """How a single training is called here."""
    return f"{method}-{seed}" + ("" if share == 1 else f" at {share:.0%}")


def about(quantity: str, fields: Mapping[str, object]) -> str:
    """The quantity of the method that a sentence is about."""
    methods = {one: method_of(str(fields[one])) for one in ("name", "method", "model", "other") if one in fields}
    named = quantity.format(**methods).replace("KDMCSE", CANDIDATE)
    # It is what was agreed on.
    return named.replace(f"gain of {CANDIDATE}", f"gain over {BASELINE}").replace(f"saving over {BASELINE}", "saving")


def same(key: str, pattern: str) -> bool:
    return key == pattern or (pattern.endswith("*") and key.startswith(pattern[:-1]))
