"""A return in words: what an input is called, how its value is written, the arithmetic step by step, the sentences. Computes nothing new."""

import math

import pandas as pd

from kdmcse import i18n
from kdmcse.i18n import money, number, percent, say
from kdmcse.roi import fields as inputs
from kdmcse.roi.cash_flow import Return
from kdmcse.roi.sensitivity import MEASURED, Band

_COUNTS = ("pairs", "seconds_per_judgement", "annotators", "engineering_days", "gpu_hours", inputs.VOLUME)
_PERCENT = ("yearly_rate", "saving_share")


def label(path: str, language: str) -> str:
    """What an input is called; a price of a segment has the segment's name before it."""
    if path.startswith("ranges/"):
        return say("returns.range_of", language, input=label(path.removeprefix("ranges/"), language))
    known = i18n.sentences(language)
    leaf = inputs.leaf_of(path)
    rooms = ("cost.price", "returns.input") if path.startswith("prices/") else ("returns.input",)
    called = next((known[f"{room}.{leaf}"] for room in rooms if f"{room}.{leaf}" in known), leaf)
    if not path.startswith("prices/segments/"):
        return called
    segment = inputs.leaf_of("/".join(path.split("/")[:3]))
    return say("returns.of", language, whose=segment, what=called)


def kind(path: str) -> str:
    """How the value of an input is written: `share`, `cosine`, `months`, `count` or `money`."""
    leaf = inputs.leaf_of(path)
    if inputs.is_share(path) or leaf in _PERCENT:
        return "share"
    if inputs.is_cosine(path):
        return "cosine"
    if leaf == "horizon_months":
        return "months"
    return "count" if leaf in _COUNTS else "money"


def unit(path: str, currency: str, language: str) -> str:
    """The unit in which an input is entered."""
    key = f"returns.unit.{inputs.leaf_of(path)}"
    if key not in i18n.sentences(language):
        key = f"returns.unit_of.{kind(path)}"
    return say(key, language, currency=currency)


def value(path: str, amount: float | None, currency: str, language: str) -> str:
    """The value of an input as the language writes it."""
    return {
        "share": lambda: percent(amount, language, 1),
        "cosine": lambda: number(amount, language, 3),
        "months": lambda: months(amount, language),
        "count": lambda: _as_exact(amount, language),
        "money": lambda: price(amount, currency, language),
    }[kind(path)]()


def price(amount: float | None, currency: str, language: str) -> str:
    """Money that may be less than a whole unit: with two decimals where it is small and has any."""
    if amount is None or amount != amount or abs(amount) >= 1000 or amount == int(amount):
        return money(amount, currency, language)
    from babel.numbers import format_currency

    pattern = "¤#,##0.00" if abs(amount) >= 0.1 else "¤#,##0.00##"
    return format_currency(amount, currency, format=pattern, locale=language, currency_digits=False)


def months(amount: float | None, language: str) -> str:
    """A time, or that it never comes (None or infinite)."""
    if amount is None or math.isinf(amount):
        return say("returns.never", language)
    digits = 0 if amount == amount and amount == int(amount) else 1
    return say("returns.months", language, months=number(amount, language, digits))


def probability(value: float | None, language: str) -> str:
    """A probability as a percentage; what is close to sure or to excluded is not rounded to it."""
    if value is not None and value > 0.99:
        return say("returns.nearly_certain", language)
    return say("returns.nearly_excluded", language) if value is not None and value < 0.01 else percent(value, language)


def figure(name: str, amount: float | None, currency: str, language: str) -> str:
    """One of `FIGURES` as the language writes it; NaN is a dash."""
    if name == "payback_months":
        return months(amount, language)
    return number(amount, language, 2) if name == "benefit_cost" else money(amount, currency, language)


def interval(name: str, low: float, high: float, currency: str, language: str) -> str:
    """Both ends of a figure; a dash where they are not known."""
    if low != low or high != high:
        return "–"
    ends = (figure(name, end, currency, language) for end in (low, high))
    return say("returns.range", language, **dict(zip(("low", "high"), ends, strict=True)))


def figures_told(found: Return, language: str) -> pd.DataFrame:
    """One row a figure: figure, value, interval, all as text."""
    currency = found.scenario.currency
    rows = []
    for name, row in found.figures.iterrows():
        amount = figure(name, row["value"], currency, language)
        ends = interval(name, row["low"], row["high"], currency, language)
        rows.append((say(f"returns.figure.{name}", language), amount, ends))
    return pd.DataFrame(rows, columns=["figure", "value", "interval"])


def tornado_told(table: pd.DataFrame, currency: str, language: str) -> pd.DataFrame:
    """The table of `tornado` as text: input, low, base, high, assumed, value_low, value_high, swing."""
    rows = []
    for row in table.itertuples():
        measured = row.input == MEASURED
        called = say("returns.measured_saving", language) if measured else label(row.input, language)
        ends = [
            money(end, currency, language) if measured else value(row.input, end, currency, language)
            for end in (row.low, row.base, row.high)
        ]
        values = [money(end, currency, language) for end in (row.value_low, row.value_high, row.swing)]
        given = "measured" if measured else "default" if row.default else "given"
        rows.append((called, *ends, say(f"returns.range_is.{given}", language), *values))
    columns = ["input", "low", "base", "high", "range_is", "value_low", "value_high", "swing"]
    return pd.DataFrame(rows, columns=columns)


def break_even_sentences(table: pd.DataFrame, currency: str, language: str) -> list[str]:
    """One sentence a row of `break_evens`."""
    told = []
    for row in table.itertuples():
        fields = {"input": label(row.input, language), "base": value(row.input, row.base, currency, language)}
        if row.zero_at != row.zero_at:
            told.append(say("returns.break_even.none", language, **fields))
        else:
            told.append(say("returns.break_even.at", language, **fields, zero=value(row.input, row.zero_at, currency, language)))  # fmt: skip
    return told


def sentences(
    found: Return, language: str, *, band: Band | None = None, table: pd.DataFrame | None = None
) -> list[str]:
    """What it comes to, what it takes, how sure that is (`band`), and what matters most (`table` of `tornado`)."""
    scenario, values = found.scenario, found.figures
    currency = scenario.currency

    def told(name: str) -> str:
        row = values.loc[name]
        amount = figure(name, row["value"], currency, language)
        if row["low"] != row["low"]:
            return amount
        ends = interval(name, row["low"], row["high"], currency, language)
        return say("returns.with_range", language, value=amount, range=ends)

    horizon = {"horizon": scenario.horizon_months, "rate": percent(scenario.yearly_rate, language, 1)}
    late = found.payback_months is None or found.payback_months > scenario.horizon_months
    back = "never" if found.payback_months is None else "late" if late else "within"
    pieces = [
        say(f"returns.outcome.{found.outcome}", language, value=told("net_present_value"), **horizon),
        say(f"returns.payback.{back}", language, months=told("payback_months"), **horizon),
        say("returns.takes", language, once=told("one_off"), monthly=told("monthly")),
    ]
    if band is not None:
        ends = band.quantiles["net_present_value"]
        fields = {
            name: money(end, currency, language) for name, end in zip(("low", "middle", "high"), ends, strict=True)
        }
        probable = probability(band.probability_positive, language)
        drawn = number(band.draws, language)
        pieces.append(say(f"returns.band.{band.shape}", language, draws=drawn, probability=probable, **fields))
    if table is not None and len(table) and table["swing"].iloc[0] > 0:
        row = tornado_told(table.head(1), currency, language).iloc[0]
        fields = {name: row[name] for name in ("input", "low", "high", "value_low", "value_high")}
        pieces.append(say("returns.matters_most", language, **fields))
    return pieces


def arithmetic(found: Return, language: str) -> pd.DataFrame:
    """Every step from the inputs to the figures: step, calculation, result, all as text."""
    scenario, effort = found.scenario, found.scenario.effort
    currency = scenario.currency
    parts = effort.parts.set_index("part")["amount"]
    values = found.figures["value"]

    def cash(amount: float) -> str:
        return money(amount, currency, language)

    def count(name: str) -> str:
        return _as_exact(getattr(effort, name), language)

    def unit_price(name: str) -> str:
        return price(getattr(effort, name), currency, language)

    seconds = say(f"returns.seconds.{effort.seconds_are}", language, seconds=count("seconds_per_judgement"))
    once, monthly, saving, net = (cash(values[name]) for name in ("one_off", "monthly", "saving", "net_monthly"))
    factor = number(found.annuity, language, 4)
    share, whole = percent(scenario.saving_share, language, 1), cash(found.saving.estimate)
    months_, rate = scenario.horizon_months, percent(scenario.yearly_rate, language, 2)
    steps = {
        "labelling": (f"{count('pairs')} × {seconds} × {count('annotators')} ÷ 3,600 × {unit_price('hourly_rate')}", cash(parts["labelling"])),
        "engineering": (f"{count('engineering_days')} × {unit_price('day_rate')}", cash(parts["engineering"])),
        "gpu": (f"{count('gpu_hours')} × {unit_price('gpu_hour_price')}", cash(parts["gpu"])),
        "licences_once": (unit_price("licences_once"), cash(parts["licences_once"])),
        "one_off": (" + ".join(cash(amount) for amount in parts.iloc[:4]), once),
        "monthly": (" + ".join(cash(amount) for amount in parts.iloc[4:]), monthly),
        "saving": (f"{whole} × {share}", saving),
        "net_monthly": (f"{saving} − {monthly}", net),
        "annuity": (say("returns.annuity", language, horizon=months_, rate=rate), factor),
        "net_present_value": (f"{net} × {factor} − {once}", cash(found.net_present_value)),
        "payback_months": (f"{once} ÷ {net}", months(found.payback_months, language)),
        "benefit_cost": (f"{saving} × {factor} ÷ ({once} + {monthly} × {factor})", number(found.benefit_cost, language, 2)),
    }  # fmt: skip
    rows = [(say(f"returns.step.{step}", language), *told) for step, told in steps.items()]
    return pd.DataFrame(rows, columns=["step", "calculation", "result"])


def _as_exact(amount: float | None, language: str) -> str:
    return number(
        amount, language, 0 if amount is None or amount != amount or amount == int(amount) or abs(amount) >= 1000 else 2
    )
