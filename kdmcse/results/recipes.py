"""Which runs may be compared: those of one recipe (same student, settings and teacher), and the untouched student. Looks at configs only."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from kdmcse.config import BASELINE, CANDIDATE, TEXT_TEACHER, WITHOUT_IMAGES, TrainingConfig
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError


@dataclass(frozen=True)
class Recipe:
    """What runs must share to be compared."""

    id: str
    student: str
    teacher: str | None
    """None where only methods that see no images were asked for"""
    training: TrainingConfig
    settled_by: str
    """`hand`: all were trained with these settings; `dev`: each method with those that the dev judgements chose, beginning with these"""
    runs: int
    evaluated: int
    chosen: bool


def grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Recipe id -> its trained runs. Methods without images belong to every teacher's recipe with their settings; of several text teachers
    the one that was asked for last."""
    text = {
        (run.config.method, run.config.recipe): run.config.teacher for run in runs if run.config.method in TEXT_TEACHER
    }
    trained = [
        run
        for run in runs
        if run.config.method != BASELINE
        and text.get((run.config.method, run.config.recipe), run.config.teacher) == run.config.teacher
    ]
    teachers: dict[str, list[str | None]] = {}
    for run in trained:
        known = teachers.setdefault(run.config.recipe, [])
        if _teacher(run) is not None and _teacher(run) not in known:
            known.append(_teacher(run))
    return {
        _recipe_id(recipe, teacher): [
            run for run in trained if run.config.recipe == recipe and _teacher(run) in (None, teacher)
        ]
        for recipe, known in teachers.items()
        for teacher in known or [None]
    }


def choose(groups: Mapping, runs: Sequence[Run], measured: Collection[str], wanted: str | None) -> str | None:
    """The recipe that is asked for, else the one of the last asked KDMCSE run that is evaluated, else of the last asked run; None without runs.

    UserError `recipe_unknown` where the one that is asked for is not there.
    """
    if wanted is not None:
        if wanted not in groups:
            raise UserError("recipe_unknown", recipe=wanted, known=tuple(groups))
        return wanted
    newest = [run for run in reversed(runs) if run.config.method != BASELINE]
    judged = [run for run in newest if run.config.method == CANDIDATE and run.id in measured]
    for run in judged or newest:
        # A run without images stands in several groups: the last one is the newest.
        return next(key for key, group in reversed(groups.items()) if run in group)
    return None


def with_baseline(group: list[Run], runs: Sequence[Run], measured: Collection[str]) -> list[Run]:
    """The runs of a recipe, and the untouched student that they started from."""
    return newest_baseline([run for run in runs if read_alike(run, group[0])], measured) + group


def read_alike(run: Run, other: Run) -> bool:
    """Whether both started from one student that reads sentences with one prompt."""
    one, two = run.config, other.config
    return (one.student, one.training.prompt) == (two.student, two.training.prompt)


def newest_baseline(runs: Sequence[Run], measured: Collection[str]) -> list[Run]:
    """The untouched student that was asked for last, an evaluated one before others; at most one."""
    found = [run for run in runs if run.config.method == BASELINE]
    return ([run for run in found if run.id in measured] or found)[-1:]


def describe(key: str, group: list[Run], measured: Collection[str], chosen: bool) -> Recipe:
    """What page and shell say of a recipe."""
    return Recipe(
        id=key,
        student=group[0].config.student,
        teacher=next((_teacher(run) for run in group if _teacher(run)), None),
        training=group[0].config.training,
        settled_by=group[0].config.settled_by,
        runs=len(group),
        evaluated=sum(run.id in measured for run in group),
        chosen=chosen,
    )


def is_on_share(run: Run, recipe: Recipe, method: str) -> bool:
    """Whether a run differs from this recipe's runs of the method by its share of the data alone, if at all."""
    training = run.config.training
    return _is_of(run, recipe, method) and training == recipe.training.on_share(training.data_share)


def is_on_fewer_steps(run: Run, recipe: Recipe, method: str) -> bool:
    """Whether it differs by its share and by the steps that this saves: its score would speak of steps as much as of data."""
    training = run.config.training
    shorter = replace(recipe.training, data_share=training.data_share, share_steps="part")
    return _is_of(run, recipe, method) and training.data_share < 1 and training == shorter


def _is_of(run: Run, recipe: Recipe, method: str) -> bool:
    """Whether it has the method and the models of the recipe, however it was trained."""
    config = run.config
    asked = (config.method, config.student, config.teacher, config.settled_by)
    return asked == (method, recipe.student, recipe.teacher, recipe.settled_by)


def _teacher(run: Run) -> str | None:
    return None if run.config.method in WITHOUT_IMAGES else run.config.teacher


def _recipe_id(recipe: str, teacher: str | None) -> str:
    return f"{recipe}-{hashlib.sha256(teacher.encode()).hexdigest()[:6]}" if teacher else recipe
