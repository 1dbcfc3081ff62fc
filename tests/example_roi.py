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
