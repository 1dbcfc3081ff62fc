"""What the comparison on a folder of real data came to, a row a recipe. Measures nothing; `processes.real_data` does."""

from dataclasses import dataclass

from kdmcse import stats


@dataclass(frozen=True)
class Scored:
    """What a recipe came to: agreement with the dev and with the test judgements, and on the latter against three others."""

    name: str
    texts: str
    seeds: int
    dev: stats.Interval
    """optimistic where the dev judgements chose"""
    test: stats.Interval
    over_untouched: stats.Interval
    over_simcse: stats.Interval
    """SimCSE with the same sentences, in batches of the same kind where there is one; else in others"""
    over_mcse: stats.Interval
    """MCSE in the same way"""
