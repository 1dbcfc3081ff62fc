"""An audit in sentences: each standing of a teacher has its own answer, in both languages, and every number is the audit's."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kdmcse import i18n
from kdmcse.audit import Audit, Judged, Share, Space
from kdmcse.audit.agreement import Agreement
from kdmcse.audit.batches import Batches
from kdmcse.audit.cosines import Look
from kdmcse.audit.filters import filters
from kdmcse.audit.reading import Reading
from kdmcse.data import MIN_DEV_ROWS
from kdmcse.i18n import Locale
from kdmcse.models.calibration import Cosines, unit
from kdmcse.presentation import audit as texts

GOLD = np.arange(60.0)
NOISE = 30 * np.random.default_rng(3).standard_normal(60)


def audit(noise=0.4, teacher=None, student=None, readings=()) -> Audit:
    """Of a teacher whose captions lie `noise` off their images; teacher, student: their cosines of judged sentences."""
    rng = np.random.default_rng(0)
    images = unit(rng.standard_normal((80, 12)))
    captions = unit(images + noise * rng.standard_normal((80, 12)))
    known, same = Cosines.of(images, captions), np.stack([np.arange(80)] * 2, axis=1)
    space = Space(
        Look.of(images, captions, known),
        filters(images, captions, known, np.arange(80)),
        Batches.of([(images, captions, same)], known),
    )
    agreement = ()
    if teacher is not None:
        cosines = {"teacher": teacher, "student": student}
        agreement = (Agreement.of("caption_caption", GOLD, cosines, list(range(60)), 60),)
    spaces = {"teacher": space, "centred": space}
    return Audit("f", "teacher", "student", 80, spaces, agreement, readings, "2026-01-01T00:00:00+00:00")


def of(density: str) -> Audit:
    """An audit whose batches are as dense as that."""
    plain = audit()
    above = {"sparse": (0.01, 0.001, 0.0), "between": (0.05, 0.01, 0.0), "dense": (0.1, 0.05, 0.01)}[density]
    space = dataclasses.replace(plain.space, batches=dataclasses.replace(plain.space.batches, above=above))
    return dataclasses.replace(plain, spaces={"teacher": space, "centred": space})


STANDINGS = {
    "stranger": audit(noise=1e6),
    "unjudged": audit(),
    "better": audit(teacher=GOLD, student=GOLD + NOISE),
    "worse": audit(teacher=GOLD + NOISE, student=GOLD),
    "open": audit(teacher=GOLD + NOISE, student=GOLD + NOISE[::-1]),
}
languages = pytest.mark.parametrize("language", i18n.LANGUAGES)


@languages
def test_each_standing_has_its_own_answer(language):
    t = Locale(language)
    assert {name: one.verdict for name, one in STANDINGS.items()} == {name: name for name in STANDINGS}
    said = {texts.headline(t, one) for one in STANDINGS.values()}
    assert len(said) == len(STANDINGS) and not any("{" in one for one in said)


@languages
def test_how_much_the_filter_has_to_leave_out_is_said_beside_what_is_known_of_others(language):
    t = Locale(language)
    for density, share in (("sparse", "0.10%"), ("between", "1.00%"), ("dense", "5.00%")):
        one = of(density)
        assert one.space.batches.density == density
        sentence = texts.kdmcse_sentence(t, one)
        assert all(one in sentence for one in (share, "0.3%", "1.5%", "0.17%"))


@languages
def test_the_shares_of_the_reference_are_written_in_one_way(language):
    t = Locale(language)
    sentence, rows = texts.kdmcse_sentence(t, of("sparse")), texts.density_rows(t, of("sparse").space)
    for row in rows[1:]:
        assert row[t("audit.density.median")] in sentence


@languages
def test_references_stand_beside_the_vectors_that_they_are_of_alone(language):
    t, space = Locale(language), of("sparse").space
    assert len(texts.density_rows(t, space)) == 4
    assert texts.density_rows(t, space, references=False) == texts.density_rows(t, space)[:1]


@languages
def test_margins_that_do_next_to_nothing_are_told_but_not_of_a_stranger(language):
    def with_margins(one: Audit) -> Audit:
        batches = one.space.batches
        alike = tuple(dataclasses.replace(margins, mean=0.5, sd=0.01) for margins in batches.margins)
        space = dataclasses.replace(one.space, batches=dataclasses.replace(batches, margins=alike))
        return dataclasses.replace(one, spaces=one.spaces | {"teacher": space})

    t = Locale(language)
    assert texts.notes(t, of("sparse")) == []
    assert any("0.50 ± 0.01" in note for note in texts.notes(t, with_margins(of("sparse"))))
    assert texts.notes(t, with_margins(STANDINGS["stranger"])) == []


@languages
def test_what_is_cut_or_not_known_is_told_and_what_is_read_whole_is_not(language):
    t = Locale(language)
    assert texts.reading_sentences(t, Reading("student", 100, 32, 0, 0, 0)) == []
    said = texts.reading_sentences(t, Reading("teacher", 100, 32, 12, 5, 7))
    assert len(said) == 3
    for number, sentence in zip(("12", "5", "7"), said, strict=True):
        assert number in sentence
    lines = texts.reading_lines(t, [Reading("student", 100, None, 0, 0, 7, kind) for kind in ("texts", "judged")])
    for kind, line in zip(("texts", "judged"), lines, strict=True):
        assert t(f"audit.reading.kind.{kind}") in line


@languages
def test_precision_comes_with_its_interval_and_how_many_judged(language):
    t = Locale(language)
    nobody = Judged(Share(0, 0, 40), Share(0, 0, 40), 0, 0, 0)
    assert texts.judged_sentences(t, nobody) == [t("audit.judged.none")]
    said = texts.judged_sentences(t, Judged(Share(20, 15, 40), Share(10, 0, 40), 2, 5, 4))
    assert "75%" in said[0] and "53%" in said[0] and "89%" in said[0] and "40" in said[0]
    assert "0%" in said[1] and len(said) == 3


JUDGED = Judged(Share(20, 15, 40), Share(10, 0, 40), 2, 5, 4)


def printed(t: Locale, one: Audit, judged: Judged = JUDGED) -> str:
    """What the shell prints where people judged every filter alike."""
    numbers = range(80)
    names = {"image_name": [f"{n}.jpg" for n in numbers], "caption": [f"caption {n}" for n in numbers]}
    pairs = pd.DataFrame({"pair": numbers, **names})
    return texts.answer(
        t, one, pairs, {name: {each.name: judged for each in space.filters} for name, space in one.spaces.items()}
    )


def with_repeats(one: Audit) -> Audit:
    batches = dataclasses.replace(one.space.batches, repeats=0.0123)
    return dataclasses.replace(one, spaces=one.spaces | {"teacher": dataclasses.replace(one.space, batches=batches)})


@languages
def test_what_the_shell_prints_has_every_table_and_list_of_the_page(language):
    t = Locale(language)
    one = dataclasses.replace(
        with_repeats(audit(teacher=GOLD, student=GOLD + NOISE)), readings=(Reading("student", 100, 32, 12, 5, 7),)
    )
    lines = printed(t, one).splitlines()
    space, left_out = one.space, max(one.space.filters, key=lambda each: len(each.doubtful))
    tables = {
        "cosines": texts.cosine_rows(t, space),
        "density": texts.density_rows(t, space),
        "margins": texts.margin_rows(t, space),
        "filters": texts.filter_rows(t, space),
        "agreement": texts.agreement_rows(t, one),
    }
    for name, rows in tables.items():
        for row in rows:
            cells = [cell for cell in row.values() if cell]
            assert any(all(cell in line for cell in cells) for line in lines), (name, row)
    lists = {
        "headline": [texts.headline(t, one), texts.kdmcse_sentence(t, one)],
        "readings": texts.reading_lines(t, one.readings),
        "spaces": [t(f"audit.space.{name}") for name in one.spaces],
        "repeats": [texts.repeats_sentence(t, space)],
        "doubtful pairs": [t("audit.filters.nothing"), *(f"caption {each.caption}" for each in left_out.doubtful)],
        "precision": texts.judged_sentences(t, JUDGED),
        "agreement": texts.agreement_notes(t, one),
    }
    for name, sentences in lists.items():
        assert sentences
        for sentence in sentences:
            assert any(sentence in line for line in lines), (name, sentence)
    assert lines.count("    " + texts.judged_sentences(t, JUDGED)[0]) == len(one.spaces) * len(space.filters)


@languages
def test_a_doubtful_pair_is_told_with_both_captions_and_its_image(language):
    t = Locale(language)
    one = next(each for each in audit().space.filters if each.doubtful)
    first = one.doubtful[0]
    pairs = pd.DataFrame(
        {"pair": [first.image, first.caption], "image_name": ["a.jpg", "b.jpg"], "caption": ["{own}", "other"]}
    )
    told, *_ = texts.doubtful_sentences(t, dataclasses.replace(one, doubtful=(first,)), pairs)
    assert all(part in told for part in ("a.jpg", "{own}", "other", t.number(first.cosine, 3))) and "b.jpg" not in told


@languages
def test_why_agreement_with_people_is_not_known_is_said(language):
    t = Locale(language)

    def notes(gold, cosines, judged):
        unit = list(range(len(gold)))
        found = Agreement.of("image_image", np.asarray(gold, float), {"teacher": np.asarray(cosines)}, unit, judged)
        return texts.agreement_notes(t, dataclasses.replace(audit(), agreement=(found,)))

    varied, task = GOLD + NOISE, t("audit.task.image_image")
    assert notes(GOLD, varied, 60) == []
    missing, alike = notes([3.0] * 60, varied, 665)
    assert task in missing and "605" in missing and "665" in missing
    assert alike == t("audit.agreement.why", task=task, why=t("audit.agreement.one_score", count=60))
    [missing, alone] = notes([3.0], [0.5], 665)
    assert t("audit.agreement.one_score", count=1) in alone
    [none] = notes([], [], 665)
    assert none == t("audit.agreement.why", task=task, why=t("audit.agreement.no_vectors", count=665, judged="665"))
    [constant] = notes(GOLD, [0.5] * 60, 60)
    assert t("stats.note.undefined") in constant


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_it_is_told_whether_agreement_was_measured_on_test_rows(language):
    t, found = Locale(language), audit(teacher=GOLD + NOISE, student=GOLD + NOISE[::-1])

    def note(of_test):
        agreement = tuple(dataclasses.replace(one, of_test=of_test) for one in found.agreement)
        return texts.agreement_notes(t, dataclasses.replace(found, agreement=agreement))

    assert note(0) == [t("audit.agreement.on_dev")]
    assert all(str(number) in note(34)[0] for number in (34, 60, MIN_DEV_ROWS))
    assert note(None) == [] and texts.agreement_notes(t, audit()) == []
