"""Every score there is: what it is measured on, how it comes from its rows, where it ends. Knows nothing else of the product.

A score of a whole set is a statistic of its rows, so that its interval can be drawn from them; `kind` names that statistic.
"""

from dataclasses import dataclass

KINDS = ("mean", "spearman", "pearson", "average_precision")
"""`mean` of value, `spearman` and `pearson` of value with gold, `average_precision` of value for gold."""
RETRIEVAL = ("caption_to_caption", "caption_to_image")
"""Searches that are evaluated: other captions of the same group, the caption's own image."""
BENCHMARK_FAMILIES = ("public", "transfer", "geometry")
TASKS = ("sts", "judged", *RETRIEVAL, *BENCHMARK_FAMILIES, "decisions")
PUBLIC_STS = ("STS12", "STS13", "STS14", "STS15", "STS16", "STSBenchmark", "SICK-R", "JSTS", "JSICK")
"""Public similarity tests, by the names that mteb gives them."""
_SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Metric:
    """What a score is, and how it comes from its rows."""

    name: str
    task: str
    """what its rows are: one of `TASKS`"""
    kind: str | None
    """one of `KINDS`; None: of the whole set only, it has no rows"""
    bounds: tuple[float, float] | None = None
    """of the value of a row, where it has any"""

    def __post_init__(self) -> None:
        if self.task not in TASKS or self.kind not in (None, *KINDS):
            raise ValueError(f"{self.name}: {self.task}, {self.kind}")

    @property
    def measure(self) -> str:
        """The name without its task: `spearman`, `ndcg_at_10`."""
        return self.name.removeprefix(f"{self.task}_")


def _retrieval(task: str) -> tuple[Metric, ...]:
    measures = ("recall_at_1", "recall_at_5", "recall_at_10", "ndcg_at_10")
    return tuple(Metric(f"{task}_{measure}", task, "mean", bounds=_SHARE) for measure in measures)


def _share(name: str) -> Metric:
    return Metric(name, "transfer", "mean", bounds=_SHARE)


SCORES = (
    Metric("sts_spearman", "sts", "spearman"),
    Metric("sts_pearson", "sts", "pearson"),
    *_retrieval("caption_to_caption"),
    *_retrieval("caption_to_image"),
)
"""What every evaluation measures."""
JUDGED = Metric("judged_spearman", "judged", "spearman")
"""Agreement with what people judged in the app, after the evaluation."""
COST = Metric("monthly_cost", "decisions", "mean")
PROBE, LABEL = _share("probe_accuracy"), "category"
"""Classification of captions, and the column that it learns where no other is asked for."""
BENCHMARKS = (
    *(Metric(f"public_{name}", "public", "spearman") for name in PUBLIC_STS),
    PROBE,
    *(_share(f"faq_{name}") for name in ("recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10", "ndcg_at_10")),
    Metric("duplicates_average_precision", "transfer", "average_precision"),
    Metric("alignment", "geometry", "mean"),
    Metric("uniformity", "geometry", "mean"),
    Metric("anisotropy", "geometry", "mean"),
    Metric("hubness", "geometry", None),
)
"""What is measured beside the scores and decides nothing by itself."""
_KNOWN = {metric.name: metric for metric in (*SCORES, JUDGED, COST, *BENCHMARKS)}


def metric(name: str) -> Metric:
    """The metric of that name; classification by another column than `LABEL` is `probe_accuracy:<column>`. KeyError for an unknown one."""
    return _KNOWN[name.partition(":")[0]]


def of_task(task: str) -> tuple[Metric, ...]:
    """The metrics that have their rows from it."""
    return tuple(metric for metric in _KNOWN.values() if metric.task == task)
