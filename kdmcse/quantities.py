"""Quantities that are shown in more than one place: their names, units, and the one place where each is computed; `messages/quantities` say
what each means.

A second figure of the same kind has a name of its own, such as the saving of the typical training. Knows nothing else of the product.
"""

from dataclasses import dataclass

UNITS = (
    "score",
    "money_a_month",
    "money",
    "months",
    "share",
    "ratio",
    "similarity",
    "pairs",
    "searches",
    "rows",
    "seconds",
)


@dataclass(frozen=True)
class Quantity:
    """What is shown under one name with one value, wherever it is shown."""

    name: str
    unit: str
    """one of `UNITS`"""
    computed_by: str
    """the dotted name of the function, property or entry that has it"""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"{self.name}: {self.unit}")


QUANTITIES = (
    Quantity("score", "score", "kdmcse.results.intervals.Intervals.interval"),
    Quantity("gain", "score", "kdmcse.results.intervals.Intervals.compare"),
    Quantity("mixed_score", "score", "kdmcse.results.interpolation.read_stops"),
    Quantity("training_score", "score", "kdmcse.results.scores.score_table"),
    Quantity("cost", "money_a_month", "kdmcse.results.costs.Costs.cost"),
    Quantity("training_cost", "money_a_month", "kdmcse.cost.estimate.CostEstimate.monthly_cost"),
    Quantity("policy_cost", "money_a_month", "kdmcse.cost.compare.CostComparison.policies"),
    Quantity("saving", "money_a_month", "kdmcse.results.costs.Costs.verdict"),
    Quantity("typical_saving", "money_a_month", "kdmcse.results.disagreements.Disagreements.saving"),
    Quantity("saving_probability", "share", "kdmcse.cost.bootstrap.BootstrapEstimate.probability_positive"),
    Quantity("false_match_rate", "share", "kdmcse.cost.compare.ModelCost.false_match_rate"),
    Quantity("missed_match_rate", "share", "kdmcse.cost.compare.ModelCost.missed_match_rate"),
    Quantity("threshold", "similarity", "kdmcse.cost.compare.ModelCost.thresholds"),
    Quantity("test_threshold", "similarity", "kdmcse.cost.estimate.CostEstimate.judged_by"),
    Quantity("people_saving", "money_a_month", "kdmcse.results.outlook.Outlooks.saving"),
    Quantity("realised_saving", "money_a_month", "kdmcse.roi.cash_flow.Return.figures"),
    Quantity("process_probability", "share", "kdmcse.roi.cash_flow.Saving.probability_positive"),
    Quantity("one_off", "money", "kdmcse.roi.cash_flow.Return.one_off"),
    Quantity("monthly", "money_a_month", "kdmcse.roi.cash_flow.Return.monthly"),
    Quantity("net_present_value", "money", "kdmcse.roi.cash_flow.Return.net_present_value"),
    Quantity("payback_months", "months", "kdmcse.roi.cash_flow.Return.payback_months"),
    Quantity("benefit_cost", "ratio", "kdmcse.roi.cash_flow.Return.benefit_cost"),
    Quantity("band", "money", "kdmcse.roi.sensitivity.Band.quantiles"),
    Quantity("pairs", "pairs", "kdmcse.data.dataset.PairDataset.counts"),
    Quantity("training_pairs", "pairs", "kdmcse.data.splits.training_rows"),
    Quantity("test_pairs", "pairs", "kdmcse.data.dataset.PairDataset.counts"),
    Quantity("held_out_pairs", "pairs", "kdmcse.data.dataset.PairDataset.counts"),
    Quantity("deciding_rows", "rows", "kdmcse.results.findings.findings"),
    Quantity("searches", "searches", "kdmcse.evaluation.retrieval.search"),
    Quantity("judged_rows", "rows", "kdmcse.data.dataset.PairDataset.judged_rows"),
    Quantity("computing_time", "seconds", "kdmcse.results.results.Results.computing_seconds"),
    Quantity("training_time", "seconds", "kdmcse.results.results.Results.training_seconds"),
    Quantity("any_training_time", "seconds", "kdmcse.results.results.Results.any_training_seconds"),
    Quantity("teacher_agreement", "score", "kdmcse.audit.agreement.Agreement.of"),
    Quantity("pairs_found", "share", "kdmcse.audit.cosines.Look.of"),
    Quantity("near_negatives", "share", "kdmcse.audit.batches.Batches.of"),
    Quantity("filter_precision", "share", "kdmcse.audit.judgements.Share.share"),
    Quantity("learning_gain", "score", "kdmcse.results.learning_curve.LearningCurve.gain"),
)
