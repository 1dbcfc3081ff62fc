"""An audit in sentences: each standing of a teacher has its own answer, in both languages, and every number is the audit's."""

import dataclasses

import numpy as np
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
    t, one = Locale(language), audit().space.filters[0]
    nobody = Judged(Share(0, 0, 40), Share(0, 0, 40), 0, 0, 0)
    assert texts.judged_sentences(t, one, nobody) == [t("audit.judged.none")]
    said = texts.judged_sentences(t, one, Judged(Share(20, 15, 40), Share(10, 0, 40), 2, 5, 4))
    assert "75%" in said[0] and "53%" in said[0] and "89%" in said[0] and "40" in said[0]
    assert "0%" in said[1] and len(said) == 3


@languages
def test_what_the_shell_prints_has_every_table(language):
    t, one = Locale(language), STANDINGS["better"]
    printed = texts.answer(t, one)
    for key in ("audit.kind.true", "audit.filter.null", "audit.task.caption_caption", "audit.space.centred"):
        assert t(key) in printed
    assert t.number(one.space.look.true.quantiles[2], 3) in printed


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_it_is_told_whether_agreement_was_measured_on_test_rows(language):
    t, found = Locale(language), audit(teacher=GOLD, student=GOLD + NOISE)

    def note(of_test):
        agreement = tuple(dataclasses.replace(one, of_test=of_test) for one in found.agreement)
        return texts.agreement_note(t, dataclasses.replace(found, agreement=agreement))

    assert note(0) == t("audit.agreement.on_dev")
    assert all(str(number) in note(34) for number in (34, 60, MIN_DEV_ROWS))
    assert note(None) is None and texts.agreement_note(t, audit()) is None
    assert texts.agreement_note(t, found) in texts.answer(t, found)
