"""The command about what counts as success."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdmcse.cli.command import DatasetOption, Output, Session, require
from kdmcse.cli.data import open_dataset
from kdmcse.config import read_toml
from kdmcse.errors import Reason, UserError

if TYPE_CHECKING:
    from kdmcse.data import PairDataset


def contract(
    session: Session,
    *,
    dataset: DatasetOption,
    show: Annotated[bool, typer.Option("--show", help="what was agreed, and every version of it; the default")] = False,
    lock: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="what was agreed; what it leaves out is proposed")
    ] = None,
    agreed_by: Annotated[list[str] | None, typer.Option(metavar="NAME[=ROLE]", help="everybody who agreed")] = None,
    further: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME[=ROLE]]...", help="more of them, after --agreed-by")
    ] = None,
) -> Output:
    """Show what counts as success, or lock what was agreed on before results are seen."""
    opened = open_dataset(session, dataset)
    if show and lock:
        raise UserError("command_unreadable", reason=Reason("cli.reason.show_with_lock"))
    require("--lock", lock, agreed_by=agreed_by or None)
    if further and not agreed_by:
        unknown = Reason("cli.reason.names_alone", {"names": " ".join(further)})
        raise UserError("command_unreadable", reason=unknown)
    if lock:
        _lock(session, opened, lock, [*(agreed_by or []), *(further or [])])
    return _shown(session, opened)


def note_missing_criteria(session: Session, dataset: "PairDataset") -> None:
    """A line to stderr where nobody agreed on what these results are to show, or where that was altered since."""
    from kdmcse.criteria.locking import current

    try:
        if current(session.workspace, dataset.fingerprint) is None:
            session.note(session.t("criteria.none"))
    except UserError as altered:
        session.note(altered.message(session.t.language))
        session.note(altered.hint(session.t.language))


def _lock(session: Session, dataset: "PairDataset", file: Path, people: list[str]) -> None:
    from kdmcse import annotation, cost
    from kdmcse.criteria import criteria, locking
    from kdmcse.presentation.criteria import doubts

    table, prices = read_toml(file), cost.read_prices(session.workspace, dataset.fingerprint)
    stage, primary = table.get("stage", 1), table.get("primary")
    terms = criteria.default_criteria(dataset, stage, prices and prices.currency, primary) | table
    if terms["dataset"] != dataset.fingerprint:
        raise UserError("setting_not_a_choice", field="dataset", value=terms["dataset"], known=dataset.fingerprint)
    if people:
        terms["people"] = [criteria.Person(*map(str.strip, person.split("=", 1))) for person in people]
    agreed = criteria.Criteria.from_dict(terms)
    agreed.require_order()
    judged = len(annotation.judged(session.workspace, dataset)) > 0
    for doubt in doubts(session.t, dataset, agreed.to_dict(), datetime.date.today(), judged=judged):
        session.note(doubt)
    locking.lock(session.workspace, agreed)


def _shown(session: Session, dataset: "PairDataset") -> Output:
    from kdmcse.criteria import locking
    from kdmcse.presentation import criteria as texts

    current = locking.current(session.workspace, dataset.fingerprint)
    versions = locking.history(session.workspace, dataset.fingerprint)
    facts = {
        "dataset": dataset.fingerprint,
        "current": current and current.to_dict(),
        "history": [version.to_dict() for version in versions],
    }
    if current is None:
        return Output(facts, session.t("criteria.none"))
    t = session.t
    lines = [
        t("criteria.line", label=field.label, value=field.value) for field in texts.field_texts(t, current.criteria)
    ]
    return Output(facts, "\n".join([*lines, *(texts.version_sentence(t, version) for version in versions)]))
