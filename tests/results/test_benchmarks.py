"""Benchmark scores over the runs of a method, and over the public tests."""

from kdmcse.evaluation.benchmark_scores import Score
from kdmcse.results.benchmarks import OverTrainings, PublicAverage, over_trainings, public_average


def test_a_score_over_the_trainings_is_that_of_those_that_have_it():
    runs = [{"probe": Score(0.5, 9)}, {"probe": Score(0.75, 9)}, {"probe": Score(None, 9, "few_rows")}, {}]
    assert over_trainings(runs, "probe") == OverTrainings(0.625, 0.5, 0.75)
    assert over_trainings(runs, "faq_recall_at_1") is None


def test_an_average_is_over_the_runs_with_the_most_public_tests():
    """A run with one test only cannot be compared with one that has two."""
    both = {"public_a": Score(0.25, 9), "public_b": Score(0.75, 9), "probe": Score(1.0, 9)}
    assert public_average([both, {"public_a": Score(1.0, 9)}]) == PublicAverage(OverTrainings(0.5, 0.5, 0.5), 2)
    assert public_average([{"probe": Score(1.0, 9)}]) == PublicAverage(None, 0)
