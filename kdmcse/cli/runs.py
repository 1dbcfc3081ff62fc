"""Commands about the runs of a workspace: list, stop, resume, delete; and what other commands need of them: wait, list."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from kdmcse.cli.command import Output, Session
from kdmcse.engine import queue
from kdmcse.engine import runs as engine
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError

RunArgument = Annotated[str, typer.Argument(metavar="RUN")]


def runs(session: Session, *, run: Annotated[str | None, typer.Argument(metavar="RUN")] = None) -> Output:
    """What was asked for, with its status."""
    queue.ensure(session.workspace)
    chosen = [engine.open_run(session.workspace, run)] if run else engine.list_runs(session.workspace)
    return listed(session, chosen)


def stop(session: Session, *, run: RunArgument) -> Output:
    """Ask a run to end after its current step."""
    chosen = engine.open_run(session.workspace, run)
    chosen.request_stop()
    queue.ensure(session.workspace)
    return listed(session, [chosen])


def resume(session: Session, *, run: RunArgument) -> Output:
    """Queue a failed, stopped or lost run again."""
    chosen = engine.open_run(session.workspace, run)
    chosen.resume()
    queue.ensure(session.workspace)
    return listed(session, [chosen])


def delete(session: Session, *, run: RunArgument) -> Output:
    """Remove a run's folder."""
    chosen = engine.open_run(session.workspace, run)
    chosen.delete()
    return Output({"deleted": chosen.id}, session.t("cli.deleted", run=chosen.id))


def listed(session: Session, chosen: Sequence[Run]) -> Output:
    """Runs with their status, a line each."""
    rows = [_facts(run) for run in chosen]
    lines = [_line(session, row) for row in rows]
    return Output({"runs": rows}, "\n".join(lines) or session.t("cli.no_runs"))


def wait_for(session: Session, asked: Sequence[Run]) -> None:
    """Return when all have ended; a line to stderr whenever something changes."""
    shown = None
    while asked:
        ended = [run for run in asked if run.status in engine.FINAL and not run.alive]
        line = _progress_line(session, asked, len(ended))
        if line != shown:
            session.progress(line)
        shown = line
        if len(ended) == len(asked):
            return
        queue.ensure(session.workspace)
        time.sleep(0.3)


def wait_for_success(session: Session, asked: Sequence[Run]) -> None:
    """The same; UserError for the first run that did not succeed."""
    wait_for(session, asked)
    for run in asked:
        if run.status != "succeeded":
            raise failure(run)


def failure(run: Run) -> UserError:
    """Why a run did not succeed."""
    error = (run.outcome or {}).get("error")
    if error:
        return UserError.from_dict(error)
    return UserError("run_did_not_finish", run=run.id, status=run.status, state=engine.state(run.status))


def _progress_line(session: Session, asked: Sequence[Run], ended: int) -> str:
    counts = {"ended": ended, "asked": len(asked)}
    at_work = next((run for run in asked if run.alive), None)
    if stage := at_work and at_work.stage:
        return session.t("cli.now", run=at_work.id, stage=session.t(f"cli.stage.{stage}"), **counts)
    return session.t("cli.done", **counts)


def _facts(run: Run) -> dict:
    from kdmcse.results.choices import read_choice

    last, outcome, choice = run.last_progress or {}, run.outcome or {}, read_choice(run)
    return {
        "run": run.id,
        "method": run.config.method,
        "seed": run.config.seed,
        "dataset": run.config.dataset,
        "settled_by": run.config.settled_by,
        "chosen": choice and choice.change,
        "data_share": run.config.training.data_share,
        "status": run.status,
        "stage": run.stage,
        "step": last.get("step"),
        "steps": last.get("steps"),
        "seconds_left": last.get("seconds_left"),
        "error": outcome.get("error"),
    }


def _line(session: Session, row: dict) -> str:
    steps = f"  {row['step']}/{row['steps']}" if row["step"] else ""
    line = f"{row['run']}  {session.t('cli.status.' + row['status'])}{steps}"
    if error := row["error"]:
        line += "  " + UserError.from_dict(error).message(session.t.language)
    return line
