"""Commands about a dataset: import it, and have its sentence pairs judged by people."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kdmcse.cli.command import DatasetOption, Output, Session, require
from kdmcse.errors import Reason, UserError
from kdmcse.store.files import write_file

if TYPE_CHECKING:
    from kdmcse.data import PairDataset

FileOption = Annotated[Path | None, typer.Option(help="file")]
TableOption = Annotated[Path | None, typer.Option(help="table")]
_TOLD = 10
"""of the problems of one kind in one column; --json and the page have all"""


def import_(
    session: Session,
    *,
    name: Annotated[str, typer.Option()],
    images: Annotated[
        Path | None, typer.Option(help="zip or folder; without it, the teacher must be a file of vectors")
    ] = None,
    pairs: TableOption = None,
    sts: TableOption = None,
    decisions: TableOption = None,
    faq: Annotated[Path | None, typer.Option(help="table of questions and answers")] = None,
    image_caption: Annotated[Path | None, typer.Option(help="table: does the caption fit the image, 0 to 5")] = None,
    image_image: Annotated[Path | None, typer.Option(help="table: do two images show the same, 0 to 5")] = None,
    texts: FileOption = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND.FIELD=HEADER", help="where a header has another name; with nothing after =: it is not there"
        ),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=N",
            help="keep the texts of N rows of sts, decisions or faq out of training; costs pairs to train on",
        ),
    ] = None,
) -> Output:
    """Files to a dataset, with what was wrong in which row."""
    from kdmcse import data
    from kdmcse.criteria.readiness import readiness
    from kdmcse.data.sharing import shared_with_dev
    from kdmcse.presentation.data import (
        leak_sentence,
        nothing_measures_sentence,
        problem_table,
        recognised_sentence,
        shared_sentence,
    )
    from kdmcse.presentation.readiness import readiness_lines

    files = {"images": images, "pairs": pairs, "sts": sts, "decisions": decisions, "faq": faq, "texts": texts}
    files |= {"image_caption": image_caption, "image_image": image_image}
    given = {kind: path for kind, path in files.items() if path}
    asked = {"columns": _columns(column or []), "hold_out": _numbers(hold_out or [])}
    dataset = data.import_dataset(session.workspace, name=name, **asked, **given)
    table = problem_table(session.t, dataset)
    problems = json.loads(table.to_json(orient="records", force_ascii=False))
    unmeasured = nothing_measures_sentence(session.t, dataset)
    lines = [imported_sentence(session, dataset), unmeasured or leak_sentence(session.t, dataset)]
    lines += filter(None, [shared_sentence(session.t, dataset)])
    if dataset.counts["pairs"] and not dataset.has_images:
        lines.append(session.t("cli.without_images"))
    for kind, mapping in dataset.manifest["columns"].items():
        lines.append(
            session.t(
                "cli.recognised", table=session.t(f"data.tables.{kind}"), text=recognised_sentence(session.t, mapping)
            )
        )
    found = readiness(dataset)
    lines += readiness_lines(session.t, found)
    lines += _told(session, problems)
    facts = {"columns": dataset.manifest["columns"], "readiness": [asdict(one) for one in found]}
    facts |= {"sts_shared_with_dev": shared_with_dev(dataset.sts), "problems": problems}
    return Output(dataset_facts(dataset) | facts, "\n".join(lines))


def _told(session: Session, problems: list[dict]) -> list[str]:
    """A line a problem; of many of one kind in one column the first ones, and how many more there are."""
    by_kind: dict[tuple, list[dict]] = {}
    for problem in problems:
        by_kind.setdefault((problem["file"], problem["column"], problem["code"]), []).append(problem)
    lines = []
    for alike in by_kind.values():
        told = "cli.problem" if alike[0]["row"] is not None else "cli.problem_of_column"
        lines += [session.t(told, **problem) for problem in alike[:_TOLD]]
        if len(alike) > _TOLD:
            lines.append(session.t("cli.more_problems", count=len(alike) - _TOLD, **alike[0]))
    return lines


def label(
    session: Session,
    *,
    dataset: DatasetOption,
    propose: Annotated[int | None, typer.Option(metavar="N", help="add pairs of held-out captions to judge")] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV of judged pairs, as --sts of import takes it")
    ] = None,
    agreement: Annotated[bool, typer.Option("--agreement", help="kappa, alpha and seconds a judgement")] = False,
    seed: Annotated[
        int | None, typer.Option(help="with --propose: of the pairs that are proposed", show_default="0")
    ] = None,
) -> Output:
    """Propose sentence pairs to judge, export what people judged, or tell whether they agree; judging itself is a page."""
    if (propose is not None) + (export is not None) + agreement != 1:
        raise UserError("command_unreadable", reason=Reason("cli.reason.label_what"))
    require("--propose", propose is not None, seed=seed)
    opened = open_dataset(session, dataset)
    if propose is not None:
        return _propose(session, opened, propose, seed or 0)
    return _agreement(session, opened) if agreement else _export(session, opened, export)


def open_dataset(session: Session, name: str) -> "PairDataset":
    """A dataset by fingerprint, the beginning of it, or name; UserError `dataset_unknown`."""
    from kdmcse import data

    return data.open_dataset(session.workspace, name)


def note_renamed(session: Session, teacher: str, dataset: "PairDataset") -> None:
    """That a file of vectors holds images under other names than the pairs, where it does."""
    from kdmcse.models import teacher_features

    if renamed := teacher_features.renamed_images(teacher, dataset):
        name, held = next(iter(renamed.items()))
        session.note(session.t("cli.renamed", file=teacher, count=len(renamed), name=name, held=held))


def dataset_facts(dataset: "PairDataset") -> dict[str, Any]:
    """What an answer tells of a dataset that was imported."""
    return {"dataset": dataset.fingerprint, "name": dataset.name, "counts": dataset.counts}


def imported_sentence(session: Session, dataset: "PairDataset") -> str:
    """How many rows of every kind a dataset has."""
    from kdmcse.presentation.data import dataset_name

    counts = {kind: session.t.number(count) for kind, count in dataset.counts.items() if isinstance(count, int)}
    return session.t("cli.imported", dataset=dataset.fingerprint, name=dataset_name(session.t, dataset), **counts)


def _propose(session: Session, dataset: "PairDataset", number: int, seed: int) -> Output:
    from kdmcse import annotation
    from kdmcse.presentation.annotation import proposal_sentences

    proposal = annotation.propose(session.workspace, dataset, number, seed=seed)
    items = [{"item": one.id, "sentence1": one.sentence1, "sentence2": one.sentence2} for one in proposal.items]
    facts = {"added": proposal.added, "measure": proposal.measure, "models": list(proposal.models), "items": items}
    return Output({"dataset": dataset.fingerprint, **facts}, proposal_sentences(session.t, proposal))


def _export(session: Session, dataset: "PairDataset", file: Path) -> Output:
    from kdmcse import annotation
    from kdmcse.data.csv_export import csv_for_upload

    judged = annotation.judged(session.workspace, dataset)
    if judged.empty:
        raise UserError("nothing_judged", dataset=dataset.name)
    try:
        write_file(file, csv_for_upload(judged))
    except OSError as error:
        raise UserError("file_unwritable", file=file, reason=error.strerror) from error
    text = session.t("annotation.export", count=len(judged), file=file)
    return Output({"dataset": dataset.fingerprint, "export": str(file), "pairs": len(judged)}, text)


def _agreement(session: Session, dataset: "PairDataset") -> Output:
    from kdmcse import annotation
    from kdmcse.presentation import annotation as texts

    t = session.t
    agreement = annotation.keep_agreement(session.workspace, dataset)
    effort = annotation.annotation_effort(session.workspace, dataset)
    facts = {"dataset": dataset.fingerprint, "agreement": agreement.to_dict(), "effort": asdict(effort)}
    lines = [texts.effort_sentences(t, effort), texts.agreement_sentences(t, agreement)]
    lines += [*texts.agreement_lines(t, agreement), *texts.missing_lines(t, agreement)]
    return Output(facts, "\n".join(lines))


def _columns(given: list[str]) -> dict[str, dict[str, str | None]]:
    """`pairs.caption=Product text` -> {"pairs": {"caption": "Product text"}}; `pairs.group=` -> None: it is not there."""
    columns: dict[str, dict[str, str | None]] = {}
    for text in given:
        target, equals, header = text.partition("=")
        kind, _, field = target.partition(".")
        if not (kind and field and equals):
            raise UserError("column_mapping_unreadable", given=text)
        columns.setdefault(kind, {})[field] = header or None
    return columns


def _numbers(given: list[str]) -> dict[str, int]:
    """`decisions=100` -> {"decisions": 100}"""
    numbers = {}
    for text in given:
        kind, _, number = text.partition("=")
        if not (kind and number.isascii() and number.isdigit()):
            raise UserError("hold_out_unreadable", given=text)
        numbers[kind] = int(number)
    return numbers
