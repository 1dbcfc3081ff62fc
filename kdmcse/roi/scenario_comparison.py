"""Scenarios side by side: their figures, and the inputs in which they differ. Rows are figures, columns are scenarios."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from kdmcse.roi import Band, Return, Scenario
from kdmcse.roi.cash_flow import FIGURES

PROBABILITIES = ("probability_saving", "probability_value")
"""Rows of `compare` below the figures."""
_WITHOUT_INTERVAL = ("one_off", "monthly")

BANDED = ("net_present_value", "payback_months", "benefit_cost")
"""Returns: what every input moves, so that their range is that of the draws wherever it is shown."""


def compare(returns: Sequence[Return], bands: Mapping[str, Band] | None = None) -> pd.DataFrame:
    """The figures of each scenario: index `one_off`, `realised_saving`, `realised_saving:low` and so on; columns as `columns` names them.

    With a band the range of a return (`BANDED`) is the outermost `QUANTILES` of its draws; the others are intervals of the evaluation.
    probability_saving: of a saving above 0 against the process of today. probability_value: of a net present value above 0, for the
    scenarios with a band (by digest).
    What is not known is NaN; a payback that never comes is infinite.
    """
    table = {}
    for name, estimate in zip(columns([one.scenario for one in returns]), returns, strict=True):
        column = {}
        for figure, row in estimate.figures.iterrows():
            column[figure] = row["value"]
            if figure not in _WITHOUT_INTERVAL:
                column |= {f"{figure}:low": row["low"], f"{figure}:high": row["high"]}
        band = (bands or {}).get(estimate.scenario.digest)
        if band is not None:
            for figure in BANDED:
                column[f"{figure}:low"], column[f"{figure}:high"] = band.quantiles[figure].iloc[[0, -1]]
        sure = (estimate.saving.probability_positive, band and band.probability_positive)
        column |= {key: math.nan if value is None else value for key, value in zip(PROBABILITIES, sure, strict=True)}
        table[name] = column
    rows = [key for figure in FIGURES for key in _keys(figure)] + [*PROBABILITIES]
    return pd.DataFrame(table, index=rows, dtype=float)


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
    """A unique name for each: a name that was used before gets a number behind it."""
    names: list[str] = []
    for scenario in scenarios:
        name, count = scenario.name, 2
        while name in names:
            name, count = f"{scenario.name} ({count})", count + 1
        names.append(name)
    return names


def _keys(figure: str) -> list[str]:
    return [figure] if figure in _WITHOUT_INTERVAL else [figure, f"{figure}:low", f"{figure}:high"]
