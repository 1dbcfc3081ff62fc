"""What is known of each agreed KPI: the newest of what people entered, or their blind votes on the new model."""

from kdmcse import demonstration
from kdmcse.criteria import kpi_values
from kdmcse.criteria.kpis import KpiValue, share_of
from kdmcse.results.results import Results


def known_kpis(results: Results, shown: str | None) -> dict[str, KpiValue]:
    """Name -> what is known, of every KPI of the criteria. shown: id of the training of KDMCSE that the live demonstration shows; None: of none."""
    if results.criteria is None:
        return {}
    agreed = results.criteria.criteria
    known = {}
    for kpi in agreed.kpis:
        own = kpi_values.of_kpi(results.kpi_entries, kpi, agreed.stage)
        if kpi.source == "votes":
            known[kpi.name] = _by_votes(results, shown)
        else:
            known[kpi.name] = own[0].value if own else KpiValue()
    return known


def _by_votes(results: Results, shown: str | None) -> KpiValue:
    """The share of those who preferred one list who preferred the new model's."""
    table = results.votes
    if table is None or shown is None or not len(table := table[table["new"] == shown]):
        return KpiValue()
    votes = demonstration.summarised(table)
    return share_of(votes.new, votes.decided, day=max(table["time"]), equal=votes.equal)
