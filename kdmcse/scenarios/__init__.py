"""Named cases for the project: saved with their history, compared side by side, exchanged as JSON and XLSX.

What a scenario is stands in `kdmcse.returns`; here it is kept. No models here.
"""

from kdmcse.returns import Scenario
from kdmcse.scenarios.compare import compare, compare_told, differences
from kdmcse.scenarios.exchange import read_scenarios, to_json
from kdmcse.scenarios.problems import Problem, ScenariosRefused
from kdmcse.scenarios.sheets import to_xlsx
from kdmcse.scenarios.store import (
    Stored,
    history,
    list_scenarios,
    mark_contract,
    new_id,
    of_contract,
    open_scenario,
    overtaken_sentence,
    read_draft,
    save,
    write_draft,
)

__all__ = [
    "Problem",
    "Scenario",
    "ScenariosRefused",
    "Stored",
    "compare",
    "compare_told",
    "differences",
    "history",
    "list_scenarios",
    "mark_contract",
    "new_id",
    "of_contract",
    "open_scenario",
    "overtaken_sentence",
    "read_draft",
    "read_scenarios",
    "save",
    "to_json",
    "to_xlsx",
    "write_draft",
]
