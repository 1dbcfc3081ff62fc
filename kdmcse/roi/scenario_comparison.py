"""Scenarios side by side: their figures, and the inputs in which they differ. Rows are figures, columns are scenarios."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from kdmcse.i18n import say
from kdmcse.presentation import roi
from kdmcse.roi import Band, Return, Scenario
from kdmcse.roi.cash_flow import FIGURES

_SURE = ("probability_saving", "probability_value")
_ALONE = ("one_off", "monthly")


def compare(returns: Sequence[Return], bands: Mapping[str, Band] | None = None) -> pd.DataFrame:
    """Figures of each, with their intervals: index such as `saving`, `saving:low`, `saving:high`; columns as `columns` names them.

    probability_saving is that of a saving above 0; probability_value that of a net present value above 0, of those that have a band
    (by digest). What is not known is NaN, payback that never comes infinite.
    """
    table = {}
    for name, found in zip(columns([found.scenario for found in returns]), returns, strict=True):
        column = {}
        for figure, row in found.figures.iterrows():
            column[figure] = row["value"]
            if figure not in _ALONE:
                column |= {f"{figure}:low": row["low"], f"{figure}:high": row["high"]}
        band = (bands or {}).get(found.scenario.digest)
        sure = (found.saving.probability_positive, band and band.probability_positive)
        column |= {key: math.nan if value is None else value for key, value in zip(_SURE, sure, strict=True)}
        table[name] = column
    rows = [key for figure in FIGURES for key in _keys(figure)] + [*_SURE]
    return pd.DataFrame(table, index=rows, dtype=float)


def compare_told(returns: Sequence[Return], language: str, bands: Mapping[str, Band] | None = None) -> pd.DataFrame:
    """The same as text, an interval in its figure's cell; index: what a figure is called. The contract's scenario says so first."""
    table = compare(returns, bands)
    told = {}
    for name, found in zip(table.columns, returns, strict=True):
        currency, column = found.scenario.currency, {}
        marked = "yes" if found.scenario.contract else "no"
        column[say("scenarios.contract", language)] = say(f"scenarios.is_contract.{marked}", language)
        for figure in FIGURES:
            amount = roi.figure(figure, table.loc[figure, name], currency, language)
            low, high = (table[name].get(f"{figure}:{end}", math.nan) for end in ("low", "high"))
            if low == low:
                ends = roi.interval(figure, low, high, currency, language)
                amount = say("returns.with_range", language, value=amount, range=ends)
            column[say(f"returns.figure.{figure}", language)] = amount
        for key in _SURE:
            column[say(f"scenarios.{key}", language)] = roi.probability(table.loc[key, name], language)
        told[name] = column
    return pd.DataFrame(told)


def differences(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """The inputs in which they differ: index path, one column each, None where a scenario has no such input."""
    entries = [
        {path: value for path, value in scenario.entries.items() if path not in ("name", "notes", "contract")}
        for scenario in scenarios
    ]
    paths = [
        path
        for path in dict.fromkeys(path for one in entries for path in one)
        if any(one.get(path) != entries[0].get(path) for one in entries)
    ]
    table = {name: [one.get(path) for path in paths] for name, one in zip(columns(scenarios), entries, strict=True)}
    return pd.DataFrame(table, index=pd.Index(paths, name="input", dtype="str"), dtype=object)


def columns(scenarios: Sequence[Scenario]) -> list[str]:
    """A name for each that no other has: the second of a name gets its place behind it."""
    names: list[str] = []
    for scenario in scenarios:
        name, place = scenario.name, 2
        while name in names:
            name, place = f"{scenario.name} ({place})", place + 1
        names.append(name)
    return names


def _keys(figure: str) -> list[str]:
    return [figure] if figure in _ALONE else [figure, f"{figure}:low", f"{figure}:high"]
