"""An invented return with round figures, for the help page and the tests."""

from typing import Any

from kdmcse.roi.cash_flow import Return, Saving, estimate_return
from kdmcse.roi.effort import Effort, Today
from kdmcse.roi.scenario import Scenario

TODAY_RATES, MODEL_RATES = (0.30, 0.10), (0.20, 0.06)
"""Share of matches missed, and of non-matches accepted: by today's model, and by the new one."""


def worked_example() -> Return:
    """A saving of 456,000 a month (256,000 to 656,000), 1,000,000 once and 56,000 a month; the help page shows every step."""
    scenario = Scenario(
        name="A small shop",
        prices={"currency": "JPY", "false_match": 300, "missed_match": 1200, "monthly_volume": 20_000, "base_rate": 0.1},
        effort=Effort(
            pairs=400, seconds_per_judgement=30, annotators=2, hourly_rate=3_000, engineering_days=15, day_rate=60_000,
            gpu_hours=12, gpu_hour_price=500, licences_once=74_000, hosting_monthly=30_000, licences_monthly=6_000, people_monthly=20_000,
        ),
        horizon_months=12,
        yearly_rate=1.01**12 - 1,
    )  # fmt: skip
    return estimate_return(scenario, saving_of_rates, Saving(456_000, 256_000, 656_000, level=0.9))


def saving_of_rates(prices: dict[str, Any], today: Today) -> float:
    """Money a month between the two rates of mistakes, or between people and the new model. Works on arrays (n,) too."""
    volume, base_rate = prices["monthly_volume"], prices["base_rate"]

    def cost(missed: float, false: float) -> Any:
        return volume * (base_rate * missed * prices["missed_match"] + (1 - base_rate) * false * prices["false_match"])

    if today.process == "people":
        mistakes = {name: prices[name] for name in ("monthly_volume", "base_rate", "false_match", "missed_match")}
        return today.people_cost(**mistakes) - cost(*MODEL_RATES)
    return cost(*TODAY_RATES) - cost(*MODEL_RATES)
