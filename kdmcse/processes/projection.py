"""The process that draws the map of a run in the background: `python -m kdmcse.processes.projection RUN_DIR BASELINE_DIR`."""

import sys
from pathlib import Path

from kdmcse.engine.background_job import BackgroundJob
from kdmcse.engine.runs import Run
from kdmcse.evaluation.projection import has_projection, project_run, projection_folder, read_projection
from kdmcse.results.neighbours import keep_neighbours, read_neighbours


def job(run: Run, baseline: Run) -> BackgroundJob:
    """The job that draws the run's captions before (baseline) and after."""
    return BackgroundJob(projection_folder(run, baseline))


def status(run: Run, baseline: Run) -> str:
    """`none`, `running`, `done` (the points are there) or `failed`."""
    now = job(run, baseline).status()
    if now != "running" and has_projection(run, baseline):
        return "done"
    return "failed" if now == "done" else now


def is_complete(run: Run, baseline: Run) -> bool:
    """Whether the map is there, and what this version counts on it: a map of before lacks that."""
    return has_projection(run, baseline) and read_neighbours(run, baseline) is not None


def draw(run: Run, baseline: Run) -> None:
    """Make what is not there yet: the points, the teacher's view of each pair, what changed for the neighbours."""
    from kdmcse.models.teacher_fit import keep_teacher_fit

    if not has_projection(run, baseline):
        project_run(run, baseline)
    keep_teacher_fit(run, projection_folder(run, baseline), read_projection(run, baseline)["pair"])
    keep_neighbours(run, baseline)


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it."""
    run, baseline = (Run(Path(argument).resolve()) for argument in arguments)
    return job(run, baseline).run(lambda request, report: draw(run, baseline))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
