"""The process that draws the map of a run in the background: `python -m kdmcse.processes.projection RUN_DIR BASELINE_DIR`."""

import sys
from pathlib import Path

from kdmcse.engine.background_job import BackgroundJob
from kdmcse.engine.runs import Run
from kdmcse.evaluation.projection import has_projection, project_run, projection_folder


def job(run: Run, baseline: Run) -> BackgroundJob:
    """The job that draws the run's captions before (baseline) and after."""
    return BackgroundJob(projection_folder(run, baseline))


def status(run: Run, baseline: Run) -> str:
    """`none`, `running`, `done` (the points are there) or `failed`."""
    now = job(run, baseline).status()
    if now != "running" and has_projection(run, baseline):
        return "done"
    return "failed" if now == "done" else now


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it."""
    run, baseline = (Run(Path(argument).resolve()) for argument in arguments)
    return job(run, baseline).run(lambda request, report: project_run(run, baseline))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
