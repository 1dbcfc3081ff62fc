"""The loop learns, every setting matters, and the best student on the dev ratings is kept."""

import functools
import itertools

import numpy as np
import pytest
import small
import torch
from training.trainings import after, config, fitted, import_with_texts, same, weights

from kdmcse import data
from kdmcse.config import METHODS, WITHOUT_IMAGES, TrainingConfig
from kdmcse.data.nearly_same import folded
from kdmcse.errors import UserError
from kdmcse.models import calibration, student, teacher_features
from kdmcse.processes import tune
from kdmcse.store.workspace import Workspace
from kdmcse.training import loop, prepare
from kdmcse.training.checkpoints import Checkpoints
from kdmcse.training.schedule import PAIRS, TEXTS
from kdmcse.training.step import TrainingStep


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def with_texts(workspace, tmp_path):
    """A pilot with sentences without images, and with dev judgements."""
    return import_with_texts(workspace, tmp_path)


def test_training_lowers_the_loss(workspace):
    losses = []
    fitted(
        workspace,
        config(small.dataset(workspace), epochs=30),
        report=lambda line, now: losses.append(line["loss"]["total"]),
    )
    assert losses[-1] < 0.8 * losses[0]


def test_the_same_config_gives_the_same_weights_and_another_seed_others(workspace):
    dataset = small.dataset(workspace)
    first, again, other = (fitted(workspace, config(dataset, seed=seed))[0] for seed in (0, 0, 1))
    assert same(first, again)
    assert not same(first, other)


OTHER = dict(
    epochs=4, batch_size=4, learning_rate=2e-3, warmup_share=0.5, weight_decay=0.5, max_length=4, projection_width=4, temperature=0.1,
    cross_modal_temperature=0.1, cross_modal_weight=0.5, sentence_margin_radians=0.3, cross_modal_margin_radians=0.3,
    false_negative_cosine="off", guide_margin=0.5, ranking="listnet", ranking_temperature=0.1, ranking_weight=0.5, teacher_length="kept",
    max_gradient_norm=0.1,     pooling="cls", mixing="published", precision="bfloat16", evaluation_steps=2, data_share=0.5, optimizer="transformers",
    head_initialisation="normal", last_batch="shorter", share_steps="whole", texts="left_out", prompt="e5",
    teacher_centring="modality", margin_adaptation="rank", false_discovery_rate=1.0, batches="distinct", hard_negative_share=0.5,
)  # fmt: skip
BESIDE = {
    "share_steps": {"data_share": 0.5},
    "last_batch": {"batch_size": 5},
    "false_discovery_rate": {"false_negative_cosine": "null"},
    "hard_negative_share": {"batches": "dense"},
}
"""What a setting needs beside it to change anything."""
OF = {"guide_margin": "gist", "ranking": "dalr", "ranking_temperature": "dalr", "ranking_weight": "dalr"}


@pytest.fixture(scope="module")
def learn(tmp_path_factory):
    """A function: what a method learns with changed settings, of one dataset; what was learnt once is remembered."""
    workspace = Workspace(tmp_path_factory.mktemp("settings"))
    dataset, folders = import_with_texts(workspace, workspace.path), itertools.count()

    @functools.cache
    def learnt(method, **changed):
        return fitted(workspace, config(dataset, method, **changed), Checkpoints(workspace.path / str(next(folders))))[
            0
        ]

    return learnt


@pytest.mark.slow
@pytest.mark.parametrize("name", TrainingConfig().to_dict())
def test_every_setting_changes_the_student(learn, name):
    method, beside = OF.get(name, "kdmcse"), BESIDE.get(name, {})
    assert not same(learn(method, **beside), learn(method, **beside, **{name: OTHER[name]}))


def test_the_method_changes_the_student_and_simcse_listens_to_no_teacher(workspace):
    dataset = small.dataset(workspace)
    students = {method: fitted(workspace, config(dataset, method))[0] for method in METHODS}
    encoders = [{k: v for k, v in found.items() if k.startswith("encoder.")} for found in students.values()]
    assert not any(same(a, b) for i, a in enumerate(encoders) for b in encoders[:i])
    for method in {*METHODS} & {*WITHOUT_IMAGES}:
        assert not any(name.startswith(("image", "caption", "cross_modal")) for name in students[method])


def test_the_margin_is_all_that_simcse_with_margin_has_beside_simcse(workspace, with_texts):
    plain = fitted(workspace, config(with_texts, "simcse"))[0]
    assert same(plain, fitted(workspace, config(with_texts, "simcse", sentence_margin_radians=0.4))[0])
    assert same(plain, fitted(workspace, config(with_texts, "simcse_margin", sentence_margin_radians=0.0))[0])
    assert not same(plain, fitted(workspace, config(with_texts, "simcse_margin"))[0])


def test_a_text_teacher_ranks_captions_and_sentences_without_images_and_each_is_embedded_once(
    workspace, with_texts, monkeypatch
):
    task = prepare.prepare(workspace, config(with_texts, "rankcse"))
    monkeypatch.setattr("kdmcse.models.teachers.load", lambda ref: pytest.fail("all vectors are kept"))
    task = prepare.prepare(workspace, config(with_texts, "rankcse", seed=1))
    sentences = {PAIRS: list(with_texts.pairs["caption"].iloc[task.pairs]), TEXTS: list(with_texts.texts["text"])}
    encoder = student.load(small.student())
    for step in task.schedule.batches():
        batch = task.batch(step, 8)
        expected = encoder.encode([sentences[step.kind][row] for row in step.rows])
        assert batch.teacher_image is None
        np.testing.assert_allclose(batch.teacher_caption.float().numpy(), expected, atol=2e-3)
    kinds = []
    fitted(
        workspace, config(with_texts, "rankcse"), report=lambda line, now: kinds.append((line["kind"], *line["loss"]))
    )
    assert set(kinds) == {(kind, "sentence", "ranking", "total") for kind in (PAIRS, TEXTS)}


def test_the_published_optimizer_is_that_of_transformers():
    """Its code, in turns with torch's under our epsilon, on gradients small enough for epsilon to matter."""
    settings, draw = TrainingConfig(optimizer="transformers", learning_rate=0.01), torch.Generator().manual_seed(0)
    ours = torch.nn.Parameter(torch.ones(50, dtype=torch.float64))
    theirs, mean, square = ours.detach().clone(), torch.zeros(50), torch.zeros(50)
    optimizer = torch.optim.AdamW([ours], lr=0.01, weight_decay=0.0)
    for step in range(1, 30):
        gradient = 1e-6 * torch.randn(50, generator=draw, dtype=torch.float64)
        optimizer.param_groups[0]["eps"] = loop.epsilon(settings, step)
        ours.grad = gradient.clone()
        optimizer.step()
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        theirs -= 0.01 * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step) * mean / (square.sqrt() + 1e-6)
    assert torch.allclose(ours.detach(), theirs, rtol=0, atol=1e-12)
    assert loop.epsilon(TrainingConfig(), 1) == 1e-8, "torch's own, for every stored run"


def test_with_the_published_optimizer_heads_move_on_in_steps_without_them_also_after_a_cut(
    workspace, with_texts, tmp_path
):
    """Against the published stack's own loop: gradients are set to zero where there are any, and AdamW passes over those that never were."""
    asked = config(
        with_texts, "mcse", optimizer="transformers", mixing="published", data_share=0.5, max_gradient_norm=1.0
    )
    task, state, kinds = prepare.prepare(workspace, asked), {}, []
    model, terms = task.model, TrainingStep(task.model, "mcse", asked.training, None)
    model.train()
    for step in task.schedule.batches():
        kinds.append(step.kind)
        torch.manual_seed(loop._noise_seed(asked.seed, step.number))
        model.zero_grad(set_to_none=False)
        terms(task.batch(step, 8))["total"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for one in model.parameters():
            if one.grad is None:
                continue
            number, mean, square = state.get(one, (0, 0.0, 0.0))
            number, mean, square = number + 1, 0.9 * mean + 0.1 * one.grad, 0.999 * square + 0.001 * one.grad**2
            state[one] = number, mean, square
            rate = task.schedule.learning_rate(step.number) * (1 - 0.999**number) ** 0.5 / (1 - 0.9**number)
            one.data -= rate * mean / (square.sqrt() + 1e-6)
    assert kinds[0] == PAIRS and TEXTS in kinds
    ours, _ = fitted(workspace, asked)
    for name, theirs in model.state_dict().items():
        torch.testing.assert_close(ours[name], theirs, rtol=0, atol=1e-5, msg=name)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    fitted(workspace, asked, checkpoints, stop_requested=after(1 + kinds.index(TEXTS)))
    assert same(ours, fitted(workspace, asked, checkpoints)[0])


def test_the_published_sentence_head_begins_as_berts_does(workspace):
    heads = {
        kind: prepare.prepare(workspace, config(small.dataset(workspace), head_initialisation=kind)).model.contrast[0]
        for kind in ("uniform", "normal")
    }
    assert not heads["normal"].bias.any() and heads["uniform"].bias.any()
    assert heads["normal"].weight.std().item() == pytest.approx(0.02, rel=0.2)
    assert heads["normal"].weight.abs().max() > 0.04, "no uniform draw of that deviation"


def test_only_training_pairs_are_learnt_from(workspace):
    dataset = small.dataset(workspace)
    task = prepare.prepare(workspace, config(dataset))
    assert dataset.pairs["split"].iloc[task.pairs].eq("train").all()
    assert len(task.tokens[PAIRS]) == len(task.pairs) == dataset.pairs["split"].eq("train").sum()
    assert len(task.tokens[TEXTS]) == 0


def test_a_part_of_the_pairs_is_learnt_from_and_all_sentences_without_images(workspace, with_texts):
    whole, part = (prepare.prepare(workspace, config(with_texts, data_share=share)) for share in (1.0, 0.5))
    assert len(part.pairs) == len(part.tokens[PAIRS]) == len(whole.pairs) / 2 and set(part.pairs) < set(whole.pairs)
    assert len(part.tokens[TEXTS]) == len(whole.tokens[TEXTS]) > 0
    equal = prepare.prepare(workspace, config(with_texts, data_share=0.5, share_steps="whole"))
    assert len(equal.pairs) == len(part.pairs) and equal.schedule.steps == whole.schedule.steps > part.schedule.steps


def test_by_itself_it_learns_from_sentences_without_images_only_where_there_are_no_pairs(
    workspace, with_texts, tmp_path
):
    alone = data.import_dataset(workspace, name="texts alone", texts=tmp_path / "texts.txt")
    for dataset, kind in ((with_texts, PAIRS), (alone, TEXTS)):
        task = prepare.prepare(workspace, config(dataset, "simcse", texts="auto"))
        assert [name for name, tokens in task.tokens.items() if len(tokens)] == [kind]
        assert tune.steps_of(dataset, task.config.training, 0) == task.schedule.steps


def test_the_filter_is_on_by_default_at_the_median_of_true_pairs(workspace):
    dataset = small.dataset(workspace)
    features = teacher_features.embed(workspace, small.teacher(), dataset)
    rows = np.flatnonzero(dataset.pairs["split"] == "train")
    assert prepare.false_negative_cosine(TrainingConfig(), features, rows) == pytest.approx(
        features.false_negative_cosine(rows), abs=1e-4
    )
    assert prepare.false_negative_cosine(TrainingConfig(false_negative_cosine="off"), features, rows) is None
    assert prepare.false_negative_cosine(TrainingConfig(false_negative_cosine=0.8), features, rows) == 0.8


def test_a_calibrated_teacher_is_taken_without_what_its_images_or_captions_share(workspace):
    dataset = small.dataset(workspace)
    plain, centred = (prepare.prepare(workspace, config(dataset, teacher_centring=how)) for how in ("off", "modality"))
    rows = plain.pairs
    for side in ("image", "caption"):
        before, after = (calibration.unit(getattr(one.features, side)(rows)) for one in (plain, centred))
        np.testing.assert_allclose(after, calibration.unit(before - before.mean(0)), atol=1e-5)
    assert plain.false_negative_cosine != centred.false_negative_cosine
    step = next(iter(centred.schedule.batches()))
    np.testing.assert_array_equal(centred.batch(step, 8).teacher_image, centred.features.image(rows[step.rows]))


def test_the_filter_by_chance_and_margins_by_rank_look_at_the_training_pairs_alone(workspace):
    dataset = small.dataset(workspace)
    task = prepare.prepare(
        workspace, config(dataset, false_negative_cosine="null", false_discovery_rate=0.2, margin_adaptation="rank")
    )
    found = calibration.Cosines.of(task.features.image(task.pairs), task.features.caption(task.pairs))
    assert task.false_negative_cosine == pytest.approx(calibration.null_threshold(found.mismatched, 0.2), abs=1e-4)
    for cosines, expected in zip(task.teacher_cosines, (found.images, found.captions), strict=True):
        np.testing.assert_array_equal(cosines, expected)
    assert prepare.prepare(workspace, config(dataset)).teacher_cosines is None


def test_what_may_not_meet_in_a_batch_is_told_by_caption_image_and_product(workspace):
    dataset = small.dataset(workspace)
    task = prepare.prepare(workspace, config(dataset, batches="distinct", batch_size=8))
    trained = dataset.pairs.iloc[task.pairs]
    for step in task.schedule.batches():
        shown = trained.iloc[step.rows]
        assert shown["caption"].map(folded).is_unique and shown["image"].is_unique


def test_pairs_and_sentences_are_both_learnt_from(workspace, with_texts):
    kinds = []
    fitted(
        workspace, config(with_texts), report=lambda line, now: kinds.append((line["kind"], frozenset(line["loss"])))
    )
    assert set(kinds) == {
        ("pairs", frozenset({"sentence", "image", "caption", "total"})), ("texts", frozenset({"sentence", "total"})),
    }  # fmt: skip


def test_the_sentences_of_a_step_are_named_as_they_stand_in_the_dataset(workspace, with_texts):
    task = prepare.prepare(workspace, config(with_texts, "simcse", data_share=0.5))
    assert task.sentences(PAIRS, np.array([1, 0])) == list(with_texts.pairs["caption"].iloc[task.pairs[[1, 0]]])
    assert task.sentences(TEXTS, np.array([2])) == [with_texts.texts["text"].iloc[2]]


# The best student


def test_the_student_with_the_best_dev_score_is_kept(workspace, with_texts, tmp_path):
    told = {}
    asked = config(with_texts, evaluation_steps=4, learning_rate=3e-3)
    task = prepare.prepare(workspace, asked)
    states = {}

    def remember(step, score):
        told[step], states[step] = score, weights(task)
        return False

    found = loop.fit(task, Checkpoints(tmp_path / "checkpoints"), on_dev_score=remember)
    assert list(told) == [4, 8, 12, 16, 20, 21] and task.schedule.steps == 21
    assert found.kept_step == max(told, key=told.get) and found.dev_score == max(told.values())
    assert same(weights(task), states[found.kept_step])
    assert loop.dev_score(task.model.encoder, task.dev) == pytest.approx(found.dev_score)


def test_looking_at_the_dev_judgements_does_not_change_what_is_learnt(workspace, with_texts):
    plain, _ = fitted(workspace, config(with_texts))
    looked, found = fitted(workspace, config(with_texts, evaluation_steps=5))
    assert same(plain, looked)  # without checkpoints nothing is put back
    assert found.dev_score is not None


def test_a_training_may_be_ended_by_its_dev_score(workspace, with_texts):
    _, found = fitted(workspace, config(with_texts, evaluation_steps=2), on_dev_score=lambda step, score: step >= 4)
    assert found.stopped


def test_without_dev_judgements_the_best_student_cannot_be_asked_for(workspace):
    with pytest.raises(UserError) as refused:
        prepare.prepare(workspace, config(small.dataset(workspace), evaluation_steps=5))
    assert refused.value.code == "no_dev_judgements"


def test_the_dev_score_is_spearman_and_undefined_for_a_constant(with_texts):
    from scipy.stats import spearmanr

    encoder, dev = student.load(small.student()), with_texts.dev
    left, right = student.encode(encoder, list(dev["sentence1"])), student.encode(encoder, list(dev["sentence2"]))
    assert loop.dev_score(encoder, dev) == pytest.approx(
        spearmanr((left * right).sum(1), dev["score"]).statistic, abs=1e-3
    )
    assert loop.dev_score(encoder, dev.assign(score=3.0)) is None
    assert loop.dev_score(encoder, dev.assign(sentence1="a", sentence2="a")) is None


def test_too_little_disk_is_said_before_training(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr("kdmcse.store.files.free_bytes", lambda folder: 1000)
    with pytest.raises(UserError) as refused:
        fitted(workspace, config(small.dataset(workspace), "simcse"), Checkpoints(tmp_path / "checkpoints"))
    assert refused.value.code == "disk_full_before"


def test_the_student_reads_as_much_text_after_training_as_before(workspace):
    task = prepare.prepare(workspace, config(small.dataset(workspace), max_length=4))
    assert task.tokens[PAIRS].lengths.max() == 4
    loop.fit(task)
    before = student.load(small.student())
    assert task.model.encoder.max_seq_length == before.max_seq_length
    texts = ["a red mug and then some more words", "a red mug and then some other end"]
    assert not np.allclose(*student.encode(task.model.encoder, texts), atol=1e-4)
