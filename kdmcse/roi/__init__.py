"""What a project takes and what comes back: a scenario and the saving of its model to a Return. No models and no files here.

    found = estimate_return(scenario, saving_of, saving)      # payback, net present value, benefit/cost, each with its interval
    tornado(found), break_evens(found)                        # what matters most; which value of an input makes it zero
    band = monte_carlo(found, seed=0)                         # every input in its range, and the evaluation's own chance
    Axes(found, score, band, decision).sentence("en")         # score, cost, effort and return in one sentence

`saving_of(prices, today)` is the cost room; this room asks it again wherever a price changes.
"""

from kdmcse.roi.cash_flow import Return, Saving, estimate_return
from kdmcse.roi.effort import Effort, Today, gpu_hours, people_cost
from kdmcse.roi.example import worked_example
from kdmcse.roi.scenario import Scenario
from kdmcse.roi.sensitivity import Band, break_evens, monte_carlo, tornado
from kdmcse.roi.summary import Axes, Score

__all__ = [
    "Axes",
    "Band",
    "Effort",
    "Return",
    "Saving",
    "Scenario",
    "Score",
    "Today",
    "break_evens",
    "estimate_return",
    "gpu_hours",
    "monte_carlo",
    "people_cost",
    "tornado",
    "worked_example",
]
