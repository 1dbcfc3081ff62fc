"""The worked example of a return, the same with other fields, and its axes, for tests of any room."""

import dataclasses

from kdmcse.roi import Axes, Return, Saving, Scenario, ScoreGain, Today, estimate_return, monte_carlo, worked_example
from kdmcse.roi.example import saving_of_rates

EXAMPLE = worked_example()
PEOPLE = Today(process="people", price_per_decision=40, accuracy=0.95)


def changed(**fields) -> Scenario:
    """The scenario of the example with other fields."""
    return dataclasses.replace(EXAMPLE.scenario, **fields)


def returned(saving: Saving | None = None, **fields) -> Return:
    """The return of the example with other fields."""
    return estimate_return(changed(**fields), saving_of_rates, saving)


def with_effort(**fields) -> Return:
    """The return of the example with another effort."""
    return returned(effort=dataclasses.replace(EXAMPLE.scenario.effort, **fields))


EVERY = estimate_return(changed(today=PEOPLE), saving_of_rates)
"""With every input that a scenario can have."""


def axes(**fields) -> Axes:
    """The axes of the example with other fields."""
    score = ScoreGain("sts_spearman", 0.12, 0.08, 0.16)
    return Axes(**{"estimate": EXAMPLE, "score": score, "band": monte_carlo(EXAMPLE), "decision": "go"} | fields)


FULL = changed(
    name="=HYPERLINK(\"http://x\")", notes="+1\n-2\n@x\n＝全角　ａｂｃ", today=PEOPLE, contract="0a1b2c", shape="uniform",
    ranges={"prices/false_match": (100, 400), "today/accuracy": (0.9, 1.0), "horizon_months": (6, 24)},
    prices={
        "currency": "JPY", "monthly_volume": 20_000, "base_rate": 0.1, "false_match": 300, "missed_match": 1200.5, "review": None, "band": True,
        "nothing": {}, "none": [], "thresholds": [{"threshold": -0.25}, {"threshold": 0.75}],
        "segments": {"=1+1": {"false_match": 5}, "a/b~#": {"false_match": 6}, "#0": {"false_match": 7}, "＋食器": {"false_match": 8}},
    },
)  # fmt: skip
"""With names, notes and prices that a file could take for something else."""
