"""The command that freezes a demonstration into one folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdmcse.cli.command import Output, Session
from kdmcse.errors import Reason, UserError

if TYPE_CHECKING:
    from kdmcse.data import PairDataset


def snapshot(
    session: Session,
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a new folder; with --check, a snapshot")],
    dataset: Annotated[str | None, typer.Option(help="fingerprint or name", show_default="the newest")] = None,
    held_out_only: Annotated[
        bool,
        typer.Option("--held-out-only", help="without vectors of every caption, for which both models read them all"),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="compare every file with its digest, and write nothing")
    ] = False,
) -> Output:
    """Freeze one dataset's results and both models into a folder that `dashboard --workspace DIR` opens read-only, without network or GPU."""
    from kdmcse import data
    from kdmcse.governance import snapshot as frozen

    t = session.t
    if check:
        if dataset or held_out_only:
            raise UserError("command_unreadable", reason=Reason("cli.reason.snapshot_check"))
        found = frozen.read(folder.resolve())
        if found is None:
            raise UserError("snapshot_missing", folder=folder)
        frozen.check(found.folder)
        return Output(_facts(found), t("snapshot.intact", folder=found.folder, count=found.files))
    known = data.list_datasets(session.workspace)
    if not known and not dataset:
        raise UserError("snapshot_nothing", workspace=session.workspace.path)
    chosen = data.open_dataset(session.workspace, dataset or known[-1].fingerprint)
    if not held_out_only:
        _index_everything(session, chosen)
    made = frozen.freeze(
        session.workspace, chosen, folder, told=lambda part: session.progress(t(f"snapshot.working.{part}"))
    )
    size = t.number(made.size / 2**20)
    text = t("snapshot.made", folder=made.folder, count=made.files, megabytes=size)
    if not made.students:
        text = t.join([text, t("snapshot.without_students")])
    return Output(_facts(made), text)


def _index_everything(session: Session, dataset: "PairDataset") -> None:
    """The vectors of every caption by both models, unless they are there or one of the models was not measured."""
    from kdmcse.processes import search_index
    from kdmcse.results.analysis import Analysis
    from kdmcse.results.results import load_results
    from kdmcse.results.typical_run import current_and_new, folder_of

    analysis = Analysis(load_results(session.workspace, dataset.fingerprint))
    if both := current_and_new(analysis):
        current, new = (folder_of(analysis, run) for run in both)
        if not search_index.has_all(new, current):
            session.progress(session.t("snapshot.working.captions"))
            search_index.make(new, current)


def _facts(found) -> dict[str, object]:
    return {
        "folder": str(found.folder),
        "dataset": found.dataset,
        "created": found.created,
        "files": found.files,
        "bytes": found.size,
        "students": list(found.students),
    }
