"""An audit of a teacher in sentences and tables. Calculates nothing."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kdmcse.audit import Audit, Filter, Judged, Share, Space
from kdmcse.audit.agreement import MODELS, STUDENT, TEACHER, Agreement
from kdmcse.audit.batches import COCO_DENSE, COCO_RANDOM, SAMPLE
from kdmcse.audit.cosines import QUANTILES
from kdmcse.audit.reading import Reading
from kdmcse.data import MIN_DEV_ROWS
from kdmcse.i18n import Locale
from kdmcse.presentation.statistics import interval_notes, interval_text, range_text

if TYPE_CHECKING:
    import pandas as pd


def headline(t: Locale, audit: Audit) -> str:
    """Has this teacher anything to teach here?"""
    look, sentences = audit.space.look, _of_task(audit, "caption_caption")
    fields = {
        "found": t.percent(look.caption_to_image, 1),
        "chance": t.percent(1 / look.pairs, 1),
        "pairs": t.number(look.pairs),
    }
    if sentences and sentences.difference:
        fields |= {name: t.number(sentences.scores[name].estimate, 3) for name in (TEACHER, STUDENT)}
    return t(f"audit.verdict.{audit.verdict}", **fields)


def kdmcse_sentence(t: Locale, audit: Audit) -> str:
    """How much KDMCSE's filter has to leave out here, beside data of which it is known what KDMCSE gained."""
    share = t.percent(audit.space.batches.above[1], 2)
    if audit.verdict == "stranger":
        return t("audit.kdmcse.stranger", share=share)
    references = {"random": COCO_RANDOM, "dense": COCO_DENSE, "sample": SAMPLE}
    known = t("audit.kdmcse.references", **{name: _reference(t, one) for name, one in references.items()})
    return t.join([t(f"audit.kdmcse.{audit.space.batches.density}", share=share), known])


def notes(t: Locale, audit: Audit) -> list[str]:
    """What does next to nothing besides: a sentence each, usually none."""
    if not audit.margins_are_alike or audit.verdict == "stranger":  # of whom nothing is left to say
        return []
    factors = {
        one.modality: t("audit.note.factor", mean=t.number(one.mean, 2), sd=t.number(one.sd, 2))
        for one in audit.space.batches.margins
        if one.formula == "cosine"
    }
    return [t("audit.note.margins_alike", **factors)]


def reading_lines(t: Locale, readings: Iterable[Reading]) -> list[str]:
    """What models do not read, a line for each model and kind of texts; none where all is read."""
    return [t.join(said) for one in readings if (said := reading_sentences(t, one))]


def reading_sentences(t: Locale, reading: Reading) -> list[str]:
    """Texts that are cut, those that are alike then, words that are not known; none where all is read."""
    kind = t(f"audit.reading.kind.{reading.kind}")
    fields = {"texts": t.number(reading.texts), "limit": t.number(reading.limit), "kind": kind}
    who, found = t(f"audit.reader.{reading.model}"), []
    if reading.cut:
        found.append(t("audit.reading.cut", who=who, count=reading.cut, **fields))
    if reading.alike:
        found.append(t("audit.reading.alike", count=reading.alike))
    if reading.unknown and reading.model != "training":
        found.append(t("audit.reading.unknown", who=who, count=reading.unknown, **fields))
    return found


def answer(t: Locale, audit: Audit, pairs: "pd.DataFrame", judged: Mapping[str, Mapping[str, Judged]]) -> str:
    """Everything in words, a line each, and the numbers that carry it: what the shell prints.

    pairs: of the dataset; judged: by space and filter.
    """
    lines = [headline(t, audit), kdmcse_sentence(t, audit), *notes(t, audit), *reading_lines(t, audit.readings), ""]
    for name, space in audit.spaces.items():
        lines.append(t("audit.line.space", space=t(f"audit.space.{name}")))
        lines += [
            *_table(t, cosine_rows(t, space)),
            *_table(t, density_rows(t, space, references=space is audit.space)),
        ]
        lines += [t("audit.line.part", text=said) for said in filter(None, [repeats_sentence(t, space)])]
        lines += [*_table(t, margin_rows(t, space)), *_table(t, filter_rows(t, space))]
        for one in space.filters:
            lines.append(t("audit.line.filter", filter=t(f"audit.filter.{one.name}")))
            lines += [t("audit.line.part", text=said) for said in judged_sentences(t, judged[name][one.name])]
            lines += [t("audit.line.part", text=said) for said in doubtful_sentences(t, one, pairs)]
    lines += _table(t, agreement_rows(t, audit))
    return "\n".join([*lines, *agreement_notes(t, audit)])


def cosine_rows(t: Locale, space: Space) -> list[dict[str, str]]:
    """A row for each kind of pairs: its quantiles and the largest."""
    return [
        {
            t("audit.cosines.kind"): t(f"audit.kind.{kind}"),
            **{
                t("audit.cosines.quantile", share=t.percent(share)): t.number(value, 3)
                for share, value in zip(QUANTILES, spread.quantiles, strict=True)
            },
            t("audit.cosines.largest"): t.number(spread.largest, 3),
        }
        for kind in ("true", "wrong", "images", "captions")
        for spread in [getattr(space.look, kind)]
    ]


def filter_rows(t: Locale, space: Space) -> list[dict[str, str]]:
    """A row for each filter: its cosine, what it leaves out, of how many captions."""
    return [
        {
            t("audit.filters.name"): t(f"audit.filter.{one.name}"),
            t("audit.filters.threshold"): t.number(one.threshold, 3),
            t("audit.filters.negatives"): t.percent(one.negatives, 2),
            t("audit.filters.captions"): t.percent(one.captions),
        }
        for one in space.filters
    ]


def density_rows(t: Locale, space: Space, *, references: bool = True) -> list[dict[str, str]]:
    """Of the negatives that training sees those above the quartiles of the true pairs; beside the references, which are of a teacher's
    vectors as they are.
    """
    shares = [t.percent(share, 2) for share in space.batches.above]
    known = (("coco_random", COCO_RANDOM), ("coco_dense", COCO_DENSE), ("sample", SAMPLE)) if references else ()
    rows = [("here", *shares), *((name, "", _reference(t, share), "") for name, share in known)]
    return [
        {t("audit.density.name"): t(f"audit.density.{name}")}
        | {
            t(f"audit.density.{quartile}"): share
            for quartile, share in zip(("lower", "median", "upper"), each, strict=True)
        }
        for name, *each in rows
    ]


def repeats_sentence(t: Locale, space: Space) -> str | None:
    """How many negatives repeat their pair's image or caption; None where none does."""
    share = space.batches.repeats
    return t("audit.density.repeats", share=t.percent(share, 2)) if share else None


def margin_rows(t: Locale, space: Space) -> list[dict[str, str]]:
    """A row for each formula and modality: how far the factors differ."""
    return [
        {
            t("audit.margins.formula"): t(
                "audit.margins.of", formula=t(f"audit.formula.{one.formula}"), modality=t(f"audit.kind.{one.modality}")
            ),
            t("audit.margins.mean"): t.number(one.mean, 3),
            t("audit.margins.sd"): t.number(one.sd, 3),
            t("audit.margins.clamped"): t.percent(one.clamped, 1),
        }
        for one in space.batches.margins
    ]


def agreement_rows(t: Locale, audit: Audit) -> list[dict[str, str]]:
    """A row for each kind of judgements: how many could be measured, Spearman of every model with its interval."""
    return [
        {
            t("audit.agreement.task"): t(f"audit.task.{one.task}"),
            t("audit.agreement.rows"): t("audit.agreement.of", rows=t.number(one.rows), judged=t.number(one.judged)),
            **{
                t(f"audit.agreement.{name}"): interval_text(t, one.scores[name])
                if name in one.scores
                else t.number(None)
                for name in MODELS
            },
        }
        for one in audit.agreement
    ]


def agreement_notes(t: Locale, audit: Audit) -> list[str]:
    """Why rows, a correlation or its interval are missing; and whether a teacher that is picked by its agreement is picked on test rows."""
    found = [
        t("audit.agreement.why", task=t(f"audit.task.{one.task}"), why=why)
        for one in audit.agreement
        for why in _missing(t, one)
    ]
    return [*found, *filter(None, [_picked(t, audit)])]


def _missing(t: Locale, one: Agreement) -> list[str]:
    """Why rows cannot be measured, and why the teacher has no correlation, or no interval of it; none where all is there."""
    found = []
    if without := one.judged - one.rows:
        found.append(t("audit.agreement.no_vectors", count=without, judged=t.number(one.judged)))
    if one.rows and not one.scores_differ:
        found.append(t("audit.agreement.one_score", count=one.rows))
    elif one.rows and one.scores[TEACHER].low is None:
        found.append(t.join(interval_notes(t, one.scores[TEACHER])))
    return found


def _picked(t: Locale, audit: Audit) -> str | None:
    """None without judged sentences, or where it is not known."""
    sentences = _of_task(audit, "caption_caption")
    if sentences is None or sentences.of_test is None:
        return None
    if not sentences.of_test:
        return t("audit.agreement.on_dev")
    return t(
        "audit.agreement.on_test",
        count=sentences.of_test,
        judged=t.number(sentences.judged),
        needed=t.number(MIN_DEV_ROWS),
    )


def doubtful_sentences(t: Locale, one: Filter, pairs: "pd.DataFrame") -> list[str]:
    """The wrong pairs that a filter leaves out, the most doubtful first; that it leaves out nothing where there are none."""
    rows = pairs.set_index("pair")
    return [
        t(
            "audit.line.doubtful",
            caption=rows.loc[negative.caption, "caption"],
            image=rows.loc[negative.image, "image_name"],
            own=rows.loc[negative.image, "caption"],
            cosine=t.number(negative.cosine, 3),
        )
        for negative in one.doubtful
    ] or [t("audit.filters.nothing")]


def judged_sentences(t: Locale, judged: Judged) -> list[str]:
    """How right a filter is by what people said so far."""
    if not judged.people:
        return [t("audit.judged.none")]
    found = [
        t(f"audit.judged.{side}", share=_share(t, share), judged=t.number(share.judged), drawn=t.number(share.drawn))
        for side, share in (("removed", judged.removed), ("kept", judged.kept))
        if share.judged
    ]
    if judged.by_two:
        found.append(t("audit.judged.agreed", count=judged.by_two, agreed=t.number(judged.agreed)))
    return found


def _reference(t: Locale, share: float) -> str:
    """A share that was measured elsewhere, to the digit to which it is known."""
    return t.percent(share, 1 if share == round(share, 3) else 2)


def _share(t: Locale, share: Share) -> str:
    return range_text(t, *(t.percent(value) for value in (share.share, *share.interval)))


def _of_task(audit: Audit, task: str) -> Agreement | None:
    return next((one for one in audit.agreement if one.task == task), None)


def _table(t: Locale, rows: list[dict[str, str]]) -> list[str]:
    """What the rows are of, then a line each; nothing where there are none."""
    if not rows:
        return []
    lines = [t("audit.line.table", name=next(iter(rows[0])))]
    for row in rows:
        name, *rest = row.items()
        lines.append(t("audit.line.row", name=name[1], values=t.series(f"{k} {v}" for k, v in rest if v)))
    return lines
