"""The command about a teacher before the training."""

from pathlib import Path
from typing import Annotated

import typer

from kdmcse.cli.command import DatasetOption, Output, Session, StudentOption, TeacherOption
from kdmcse.cli.data import note_renamed, open_dataset


def audit(
    session: Session,
    *,
    dataset: DatasetOption,
    teacher: TeacherOption = None,
    student: StudentOption = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of training settings")] = None,
) -> Output:
    """Has this teacher anything to teach here? What it knows, what a filter would leave out, how far margins differ."""
    from dataclasses import asdict

    from kdmcse import audit as audits
    from kdmcse import sample
    from kdmcse.config import RECOMMENDED, TrainingConfig
    from kdmcse.models import references, teacher_features
    from kdmcse.presentation import audit as sentences

    t, opened = session.t, open_dataset(session, dataset)
    if teacher is None:
        session.note(t("cli.sample_teacher"))
    training = TrainingConfig.from_toml(config, RECOMMENDED) if config else RECOMMENDED
    given = {"teacher": teacher or sample.TEACHER, "student": student or sample.STUDENT}
    models = {role: references.absolute(model) for role, model in given.items()}

    teacher_features.require(session.workspace, models["teacher"], opened)
    note_renamed(session, models["teacher"], opened)

    def report(what: str, done: int, total: int) -> None:
        fields = {"done": t.number(done), "total": t.number(total)}
        session.progress(t("audit.line.progress", what=t(f"audit.reader.{what}"), **fields))

    found = audits.measure(session.workspace, opened, **models, training=training, report=report)
    audits.keep(audits.folder_of(session.workspace, opened.fingerprint, *models.values(), training), found)
    said = audits.judgements(session.workspace, opened)
    judged = {
        name: {one.name: audits.judged(one, said) for one in space.filters} for name, space in found.spaces.items()
    }
    verdicts = {"verdict": found.verdict, "density": found.space.batches.density}
    verdicts |= {"filter_is_idle": found.filter_is_idle, "margins_are_alike": found.margins_are_alike}
    of_teacher = {name: asdict(one) for name, one in judged["teacher"].items()}
    told = sentences.answer(t, found, opened.pairs, judged)
    return Output(verdicts | audits.to_dict(found) | {"judged": of_teacher}, told)
