"""Effort and saving of a scenario to payback, net present value and benefit/cost. No models and no sentences here.

    estimate = estimate_return(scenario, saving_of, saving)     # the figures, each with its interval
    tornado(estimate), break_evens(estimate)                    # the inputs that matter most; the value of an input that makes it zero
    band = monte_carlo(estimate, seed=0)                        # every input in its range, and the uncertainty of the measurement
    Axes(estimate, score_gain, band, decision).frame            # score, cost, effort and return in one table

`saving_of(prices, today)` is the saving as `kdmcse.cost` computes it; it is called again wherever a price changes.
"""

from kdmcse.roi.cash_flow import Return, Saving, estimate_return
from kdmcse.roi.effort import Effort, Today, gpu_hours, people_cost
from kdmcse.roi.example import worked_example
from kdmcse.roi.scenario import Scenario
from kdmcse.roi.sensitivity import Band, break_evens, monte_carlo, tornado
from kdmcse.roi.summary import Axes, ScoreGain

__all__ = [
    "Axes",
    "Band",
    "Effort",
    "Return",
    "Saving",
    "Scenario",
    "ScoreGain",
    "Today",
    "break_evens",
    "estimate_return",
    "gpu_hours",
    "monte_carlo",
    "people_cost",
    "tornado",
    "worked_example",
]
