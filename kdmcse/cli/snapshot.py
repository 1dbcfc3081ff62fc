"""The command that freezes a demonstration into one folder."""

from pathlib import Path
from typing import Annotated

import typer

from kdmcse.cli.command import Output, Session
from kdmcse.errors import Reason, UserError


def snapshot(
    session: Session,
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a new folder; with --check, a snapshot")],
    dataset: Annotated[str | None, typer.Option(help="fingerprint or name", show_default="the newest")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="compare every file with its digest, and write nothing")
    ] = False,
) -> Output:
    """Freeze one dataset's results and both models into a folder that `dashboard --workspace DIR` opens read-only, without network or GPU."""
    from kdmcse import data
    from kdmcse.governance import snapshot as frozen

    t = session.t
    if check:
        if dataset:
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
    made = frozen.freeze(
        session.workspace, chosen, folder, told=lambda part: session.progress(t(f"snapshot.working.{part}"))
    )
    size = t.number(made.size / 2**20)
    text = t("snapshot.made", folder=made.folder, count=made.files, megabytes=size)
    if not made.students:
        text = t.join([text, t("snapshot.without_students")])
    return Output(_facts(made), text)


def _facts(found) -> dict[str, object]:
    return {
        "folder": str(found.folder),
        "dataset": found.dataset,
        "created": found.created,
        "files": found.files,
        "bytes": found.size,
        "students": list(found.students),
    }
