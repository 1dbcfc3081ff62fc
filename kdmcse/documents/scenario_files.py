"""Scenarios to JSON and XLSX and back: the same scenario returns, or the whole file is refused with all that is wrong."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kdmcse.documents.scenario_problems import Problem, Table, refuse
from kdmcse.documents.scenario_workbook import xlsx_tables
from kdmcse.errors import Reason, UserError
from kdmcse.i18n import MISSING
from kdmcse.roi import Scenario

MAX_FILE_BYTES = 5 * 2**20
MAX_SCENARIOS = 100

_FORMAT = "kdmcse-scenarios"


def to_json(scenarios: Sequence[Scenario]) -> bytes:
    """UTF-8; what `read_scenarios` reads from a file called .json."""
    table = {"format": _FORMAT, "version": 1, "scenarios": [scenario.to_dict() for scenario in scenarios]}
    return (json.dumps(table, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def read_scenarios(
    data: bytes, file: str, validate: Callable[[Scenario], Any] = lambda scenario: None
) -> list[Scenario]:
    """Every scenario of a file that is called .json or .xlsx, or none. `validate`: what else must hold, by UserError.

    UserError `scenarios_format_unknown`, `scenarios_too_large`, `scenarios_unreadable`; ScenariosRefused with all problems.
    """
    suffix = Path(file).suffix.lower()
    if suffix not in (".json", ".xlsx"):
        raise UserError("scenarios_format_unknown", file=file)
    if len(data) > MAX_FILE_BYTES:
        raise UserError("scenarios_too_large", file=file, limit_mb=MAX_FILE_BYTES // 2**20)
    tables = _json_tables(data, file) if suffix == ".json" else xlsx_tables(data, file)
    scenarios, problems = [], []
    for table in tables:
        problems += table.problems
        if table.problems:
            continue
        try:
            scenario = Scenario.from_dict(table.entries)
            validate(scenario)
            scenarios.append(scenario)
        except UserError as error:
            path = str(error.fields.get("field", MISSING))
            problems.append(Problem(table.sheet, table.row_of(path), path, error.code, error=error))
    if not scenarios and not problems:
        problems.append(Problem(file, None, MISSING, "no_scenario"))
    if len(scenarios) > MAX_SCENARIOS:
        problems.append(Problem(file, None, MISSING, "too_many", {"limit": MAX_SCENARIOS}))
    if problems:
        raise refuse(file, problems)
    return scenarios


def _json_tables(data: bytes, file: str) -> Iterator[Table]:
    def unreadable(why: str, **fields: str) -> UserError:
        return UserError("scenarios_unreadable", file=file, reason=Reason(f"scenarios.reason.{why}", fields))

    def refuse(constant: str) -> None:
        raise unreadable("constant", constant=constant)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(table := dict(pairs)) < len(pairs):
            raise unreadable("key_twice")
        return table

    try:
        table = json.loads(data.decode("utf-8-sig"), parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise UserError("scenarios_unreadable", file=file, reason=error) from error
    known = {"format", "version", "scenarios"}
    if not isinstance(table, dict) or table.get("format") != _FORMAT or not isinstance(table.get("scenarios"), list):
        raise unreadable("format", format=_FORMAT)
    unknown = [Problem(file, None, name, "key_unknown") for name in sorted(set(table) - known)]
    if table.get("version") != 1:
        unknown.append(Problem(file, None, "version", "version_unknown"))
    yield from [Table(file, None, unknown)] if unknown else []
    for place, entries in enumerate(table["scenarios"], 1):
        yield Table(f"scenarios[{place}]", entries, [])
