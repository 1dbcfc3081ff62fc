"""Which trainings are compared: those of one recipe, never parts of the data, other teachers or another student."""

import pytest
from example_poc import (
    TEACHER,
    analysed,
    complete,
    config,
    evaluated,
    finish,
    sentence,
)

from kdmcse import i18n
from kdmcse.config import BASELINE, PROPOSED, TrainingConfig
from kdmcse.documents.provenance import provenance_rows
from kdmcse.engine.runs import create
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation.learning_curve import curve_sentences
from kdmcse.results.analysis import Analysis
from kdmcse.results.scores import seed_values


def of_method(found: Analysis, method: str, column: str) -> list[float]:
    return seed_values(found.scores(), method, column)


def test_only_runs_of_one_recipe_are_compared(workspace, dataset):
    complete(workspace, dataset)
    longer = TrainingConfig(epochs=20)
    late = [evaluated(workspace, dataset, config(dataset, "kdmcse", seed, training=longer), 0.9) for seed in (0, 1)]
    create(workspace, config(dataset, "kdmcse", 7, training=TrainingConfig(epochs=30)))
    found = analysed(workspace, dataset)
    assert set(found.scores()["run"]) == {run.id for run in late} | {found.results.compared[0].id}
    assert found.results.compared[0].config.method == BASELINE, "the untouched student belongs to every recipe"
    assert (len(found.results.recipes), found.results.recipe.training.epochs, found.results.recipe.runs) == (3, 20, 2)
    assert "has not been compared with MCSE and SimCSE yet" in sentence(found, "en")
    first = found.results.recipes[0]
    again = analysed(workspace, dataset, recipe=first.id)
    assert again.results.recipe.id == first.id
    assert of_method(again, "kdmcse", "sts_spearman") == pytest.approx([0.77, 0.775, 0.78], abs=5e-4)
    with pytest.raises(UserError, match=first.id):
        analysed(workspace, dataset, recipe="unheard-of")


def test_methods_beyond_the_ladder_are_compared_where_they_were_asked_for_and_never_missed(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, BASELINE), 0.3)
    for seed in (0, 1):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed), 0.7 + seed / 100)
        evaluated(workspace, dataset, config(dataset, "gist", seed), 0.8 + seed / 100)
    found = analysed(workspace, dataset)
    assert found.results.methods == [BASELINE, "kdmcse", "gist"] and list(found.verdicts().against) == [
        BASELINE,
        "simcse",
        "mcse",
        "gist",
    ]
    assert (found.verdicts().deciding.verdict, found.verdicts().against["gist"].verdict) == ("better", "worse")
    told = sentence(found, "en")
    assert "It is worse than GIST (0.805; difference -0.100, 95% interval" in told
    assert "not been compared with MCSE and SimCSE yet" in told and "DALR" not in told
    create(workspace, config(dataset, "dalr"))
    found = analysed(workspace, dataset)
    assert "not been compared with MCSE, SimCSE, and DALR yet" in sentence(found, "en")
    assert "MCSE、SimCSE、DALRとはまだ" in sentence(found, "ja")


def test_simcse_with_margin_stands_between_simcse_and_mcse_and_no_stored_comparison_misses_it(workspace, dataset):
    complete(workspace, dataset)
    before = analysed(workspace, dataset)
    assert "margin" not in sentence(before, "en") and before.verdicts().others == ["mcse", "simcse"]
    for seed in (0, 1, 2):
        evaluated(workspace, dataset, config(dataset, "simcse_margin", seed), 0.74 + seed / 100)
    found = analysed(workspace, dataset)
    assert found.results.methods == [BASELINE, *PROPOSED]
    assert found.verdicts().others == ["mcse", "simcse_margin", "simcse"]
    assert "SimCSE + margin (0.75" in sentence(found, "en") and "SimCSE＋マージン" in sentence(found, "ja")


def test_seeds_of_two_teachers_are_never_thrown_together(workspace, dataset):
    complete(workspace, dataset)
    other = evaluated(workspace, dataset, config(dataset, "kdmcse", 0, teacher="another"), 0.1)
    found = analysed(workspace, dataset)
    assert found.results.recipe.teacher == "another"
    assert of_method(found, "kdmcse", "sts_spearman") == pytest.approx([0.1], abs=5e-4)
    assert len(of_method(found, "simcse", "sts_spearman")) == 3, "SimCSE has no teacher: it is compared with both"
    assert other in found.results.compared and of_method(found, "mcse", "sts_spearman") == []


def test_a_text_teacher_is_compared_with_every_teacher_of_images_and_only_the_last_one(workspace, dataset):
    complete(workspace, dataset, seeds=(0, 1))
    evaluated(workspace, dataset, config(dataset, "kdmcse", 0, teacher="another"), 0.1)
    for reader, seeds, score in (("first", (0, 1, 2), 0.5), ("second", (0, 1), 0.6)):
        for seed in seeds:
            evaluated(workspace, dataset, config(dataset, "rankcse", seed, teacher=reader), score)
    found = analysed(workspace, dataset)
    assert {recipe.teacher for recipe in found.results.recipes} == {TEACHER, "another"}
    for recipe in found.results.recipes:
        one = analysed(workspace, dataset, recipe=recipe.id)
        assert of_method(one, "rankcse", "sts_spearman") == pytest.approx([0.6, 0.6], abs=5e-4)
    told = dict(provenance_rows(Locale("en"), found.results))
    assert (told["teacher"], told["text teacher"]) == ("another", "second")


def test_runs_on_a_part_of_the_data_are_listed_and_never_compared(workspace, dataset):
    complete(workspace, dataset)
    before = analysed(workspace, dataset)
    part = TrainingConfig().on_share(0.25)
    parts = [evaluated(workspace, dataset, config(dataset, "kdmcse", seed, training=part), 0.3) for seed in (0, 1)]
    waiting = create(workspace, config(dataset, "kdmcse", 2, training=part))
    found = analysed(workspace, dataset)
    assert {run.id for run in (*parts, waiting)} <= {run.id for run in found.results.runs}
    assert [run.id for run in found.results.compared] == [run.id for run in before.results.compared]
    assert found.results.recipe == before.results.recipe and len(found.results.recipes) == 1
    assert found.verdicts() == before.verdicts() and found.scores().equals(before.scores())
    assert not found.results.in_progress and not found.results.unfinished
    with pytest.raises(UserError):
        analysed(workspace, dataset, recipe=waiting.config.recipe)


def test_runs_on_a_part_of_the_data_that_took_fewer_steps_are_counted_and_left_out_of_the_curve(workspace, dataset):
    complete(workspace, dataset)
    for seed, share in enumerate((0.25, 0.5)):
        evaluated(workspace, dataset, config(dataset, "kdmcse", seed, training=TrainingConfig(data_share=share)), 0.3)
    create(workspace, config(dataset, "kdmcse", 2, training=TrainingConfig(data_share=0.25)))
    curve = analysed(workspace, dataset).learning_curve()
    assert curve.on_fewer_steps == 2 and set(curve.points["share"]) == {1.0}
    for language in i18n.LANGUAGES:
        t = Locale(language)
        assert t("curve.note.fewer_steps", count=2) in curve_sentences(t, curve)


def test_runs_on_a_part_of_the_data_alone_are_no_proof(workspace, dataset):
    evaluated(workspace, dataset, config(dataset, "kdmcse", training=TrainingConfig(data_share=0.25)), 0.3)
    found = analysed(workspace, dataset)
    assert found.results.stage == "data" and not found.results.compared and not found.results.recipes


def test_another_student_has_another_baseline(workspace, dataset):
    complete(workspace, dataset)
    evaluated(workspace, dataset, config(dataset, "kdmcse", student="bigger"), 0.9)
    found = analysed(workspace, dataset)
    assert found.results.recipe.student == "bigger" and found.verdicts().deciding.reason == "not_measured"


def test_runs_that_did_not_finish_are_named_and_not_counted(workspace, dataset):
    complete(workspace, dataset)
    failed = finish(create(workspace, config(dataset, "kdmcse", 3)), "failed")
    waiting = create(workspace, config(dataset, "mcse", 3))
    never_evaluated = finish(create(workspace, config(dataset, "simcse", 3)))
    found = analysed(workspace, dataset)
    assert found.results.unfinished == (never_evaluated, failed) and found.results.in_progress == (waiting,)
    assert "not counted: 2" in sentence(found, "en") and "waiting or running: 1" in sentence(found, "en")
