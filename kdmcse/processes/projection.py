"""The process that draws the map of a run in the background: `python -m kdmcse.processes.projection RUN_DIR BASELINE_DIR`."""

import sys
from pathlib import Path

from kdmcse.data import open_dataset
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.engine.runs import Run, list_runs
from kdmcse.evaluation.projection import MAX_POINTS, has_projection, project_run, projection_folder, read_projection
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


def expected_seconds(run: Run, baseline: Run) -> float:
    """What drawing will take: as long as another map of the dataset took, else by a rule of thumb for how many captions there are."""
    for other in list_runs(run.workspace, run.config.dataset):
        outcome = job(other, baseline).outcome or {}
        if outcome.get("status") == "succeeded" and (seconds := outcome.get("seconds")):
            return max(float(seconds), 1.0)
    held_out = open_dataset(run.workspace, run.config.dataset).counts["held_out_pairs"]
    return 40.0 + min(held_out, MAX_POINTS) / 200


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
