"""Criteria that could have been agreed on, findings that reach them, and strategies of both, for tests of any room."""

import dataclasses
import datetime

from hypothesis import strategies as st

from kdmcse import stats
from kdmcse.criteria.criteria import GATES, Criteria
from kdmcse.criteria.decision import Decision, Findings, Line, judge
from kdmcse.criteria.kpis import DIRECTIONS, Kpi, KpiValue, share_of
from kdmcse.criteria.locking import LockedCriteria

AGREED = {
    "dataset": "d" * 16, "stage": 1, "baseline": "baseline", "primary": "sts_spearman", "further": (), "least_gain": 0.0,
    "least_saving": None, "most_hours": None, "most_money": None, "currency": None, "stop_below": 0.01, "stop_date": None,
    **GATES[1], "people": ("Aiko Mori",),
}  # fmt: skip
DAY = datetime.date(2031, 3, 31)
FULL = {
    "least_gain": 0.01,
    "least_saving": 1000,
    "most_hours": 40,
    "most_money": 5e5,
    "currency": "JPY",
    "stop_below": 0.02,
}
FULL |= {"stop_date": DAY.isoformat(), **GATES[2], "stage": 2}
GOOD = Findings(
    gain_low=0.02, gain=0.03, gain_high=0.04, verdict="better", saving_low=1500, saving=2000, saving_high=2500, currency="JPY",
    effort_hours=30, effort_money=4e5, effort_currency="JPY", rows=400, more_rows=None, seeds=3, annotators=2, kappa=0.7, leaks=0, on=DAY,
)  # fmt: skip


def agreed(**changes) -> Criteria:
    return Criteria(**AGREED | changes)


def locked(seen: tuple[str, ...] = (), version: int = 1, **terms) -> LockedCriteria:
    return LockedCriteria(
        version, "2031-01-02T03:04:05+00:00", "3f9a21bc" + "0" * 56, agreed(**FULL | terms), seen, True
    )


def decide(terms: dict | None = None, **found) -> Decision:
    return judge(locked(**terms or {}), dataclasses.replace(GOOD, **found))


def line(decision: Decision, name: str) -> Line:
    return next(one for one in decision.lines if one.name == name)


_targets = {"target": st.floats(0, 100), "direction": st.sampled_from(DIRECTIONS), "unit": st.just("%")}
_entered = st.builds(Kpi, name=st.sampled_from(("Handling time", "Satisfaction")), **_targets)
_voted = st.builds(Kpi, name=st.just("Preferred"), source=st.just("votes"), **_targets)
kpis = st.lists(_entered | _voted, max_size=2, unique_by=lambda kpi: kpi.key).map(tuple)
_shares = st.none() | st.floats(0, 100)
_values = st.builds(KpiValue, value=_shares, low=_shares, high=_shares, rows=st.none() | st.integers(0, 60))
_votes = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda counts: share_of(counts[0], sum(counts)))
known_kpis = st.fixed_dictionaries(
    {}, optional={"Handling time": _values, "Satisfaction": _values, "Preferred": _votes}
)
amounts = st.none() | st.floats(0, 3000)
gains = st.none() | st.floats(-0.1, 0.1) | st.just(float("nan"))
terms = st.fixed_dictionaries(
    {
        "least_gain": st.floats(0, 0.1), "least_saving": amounts, "most_hours": amounts, "most_money": amounts,
        "stop_below": st.floats(-0.1, 0.1), "stop_date": st.none() | st.just(DAY.isoformat()), "least_pairs": st.integers(20, 500),
        "least_seeds": st.integers(2, 5), "least_annotators": st.integers(0, 3), "least_kappa": st.none() | st.floats(0, 1),
        "no_leaks": st.booleans(), "kpis": kpis,
    }
)  # fmt: skip
numbers = st.none() | st.integers(0, 500)
findings = st.builds(
    Findings, gain_low=gains, gain=gains, gain_high=gains, verdict=st.sampled_from((None, *stats.VERDICTS)), saving_low=amounts,
    saving=amounts, saving_high=amounts, currency=st.sampled_from((None, "JPY", "EUR")), effort_hours=amounts, effort_money=amounts,
    effort_currency=st.sampled_from((None, "JPY", "EUR")), gain_rows_only=st.booleans(), saving_rows_only=st.booleans(),
    rows=numbers, more_rows=numbers, seeds=st.none() | st.integers(0, 6), annotators=st.none() | st.integers(0, 4), kappa=gains,
    leaks=st.none() | st.integers(0, 2), kpis=known_kpis, on=st.none() | st.dates(DAY - datetime.timedelta(9), DAY + datetime.timedelta(9)),
)  # fmt: skip
