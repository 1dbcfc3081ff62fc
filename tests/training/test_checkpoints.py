"""A checkpoint is kept whole or not at all, and one that is not whole is never gone on from."""

import pytest
import torch
from torch import nn
from training.states import STATE, adamw, learn, learner, names, same, small_state, state, steps

from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.training.checkpoints import Checkpoints, capture, put_back

# What is kept


def test_what_was_saved_is_read_back_to_the_last_bit(tmp_path):
    kinds = {
        "model.half": torch.tensor([1.5, -0.0]).half(),
        "model.bfloat16": torch.randn(3, 4).bfloat16(),
        "model.double": torch.randn(2, 2, dtype=torch.float64),
        "model.whole": torch.arange(5),
        "model.flag": torch.tensor([True, False]),
        "model.nothing": torch.zeros(0, 4),
        "model.bytes": torch.arange(3, dtype=torch.uint8),
        'model."quoted" 重み': torch.arange(6, dtype=torch.int32).view(2, 3),
        "model.turned": torch.randn(3, 5).T,
        "optimizer.step.名前": torch.tensor(3.0),
    }
    facts = {
        "名前": "赤い帽子",
        "dev_score": 0.1 + 0.2,
        "identity": {"seed": 1, "texts": [1, None, True]},
        "10": 1,
        "9": 2,
    }
    kept = Checkpoints(tmp_path / "run" / "checkpoints")
    kept.save(12, kinds, facts)
    found = kept.newest()
    assert found.folder.name == "step-00000012" and found.step == 12 and found.facts == facts
    assert same(found.tensors(), kinds)


def test_facts_are_told_as_json_knows_them(tmp_path):
    kept = Checkpoints(tmp_path)
    kept.save(1, small_state(), {"table": {10: "ten", 9: "nine"}, "pair": (1, 2)})
    assert kept.newest().facts == {"table": {"10": "ten", "9": "nine"}, "pair": [1, 2]}
    with pytest.raises(ValueError, match="JSON"):
        kept.save(2, small_state(), {"dev_score": float("nan")})
    assert names(tmp_path) == ["step-00000001"]


def test_where_nothing_was_saved_there_is_nothing(tmp_path):
    kept = Checkpoints(tmp_path / "new" / "folder")
    assert kept.folder.is_dir() and kept.newest() is None and kept.best() is None
    kept.sweep()


def test_a_step_of_nine_digits_comes_after_one_of_eight(tmp_path):
    kept = Checkpoints(tmp_path)
    for step in (99_999_999, 100_000_000):
        kept.save(step, small_state(step), {})
    assert kept.newest().step == 100_000_000


def test_what_is_no_checkpoint_is_left_alone(tmp_path):
    kept = Checkpoints(tmp_path, kept=1)
    for name in ("step-5", "step-latest", "step-000000005", "notes"):
        (tmp_path / name).mkdir()
    kept.save(1, small_state(), {})
    kept.save(2, small_state(), {})
    assert kept.newest().step == 2
    assert names(tmp_path) == ["notes", "step-000000005", "step-00000002", "step-5", "step-latest"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_weights_that_are_not_finite_are_never_kept(tmp_path, kind, value):
    kept = Checkpoints(tmp_path)
    kept.save(6, small_state(), {})
    weights = torch.zeros(4, 5, dtype=kind)
    weights[2, 3] = value
    with pytest.raises(UserError) as refused:
        kept.save(7, small_state() | {"model.last": weights}, {})
    assert refused.value.code == "weights_not_finite"
    assert all("7" in refused.value.message(language) for language in LANGUAGES)
    assert names(tmp_path) == ["step-00000006"]


def test_the_largest_finite_numbers_are_kept(tmp_path):
    weights = {
        f"model.{kind}": torch.full((9,), torch.finfo(kind).max, dtype=kind) for kind in (torch.float16, torch.float32)
    }
    Checkpoints(tmp_path).save(1, weights, {})
    assert same(Checkpoints(tmp_path).newest().tensors(), weights)


# What stays


@pytest.mark.parametrize(
    ("scores", "stay"),
    [
        ({1: None, 2: None, 3: None, 4: None}, [3, 4]),
        ({1: 0.5, 2: 0.9, 3: 0.1, 4: 0.2, 5: 0.3}, [2, 4, 5]),
        ({1: 0.5, 2: 0.9, 3: 0.1, 4: 0.9, 5: None, 6: None, 7: None}, [2, 6, 7]),  # the earliest of equals
        ({1: -0.5, 2: None, 3: None, 4: None}, [1, 3, 4]),  # a bad score is one, too
        ({1: 0.1, 2: 0.2, 3: 0.3}, [2, 3]),
        ({1: 0.3, 2: 0.0}, [1, 2]),
    ],
)
def test_the_two_newest_stay_and_the_best(tmp_path, scores, stay):
    kept = Checkpoints(tmp_path)
    for step, score in scores.items():
        kept.save(step, small_state(step), {"dev_score": score})
    assert steps(kept) == stay and kept.newest().step == max(scores)
    known = {step: score for step, score in scores.items() if score is not None}
    if known:
        assert kept.best().step == max(known, key=lambda step: (known[step], -step))
        assert same(kept.best().tensors(), small_state(kept.best().step))
    else:
        assert kept.best() is None


@pytest.mark.parametrize("number", [1, 3])
def test_as_many_of_the_newest_stay_as_asked_for(tmp_path, number):
    kept = Checkpoints(tmp_path, kept=number)
    for step in range(1, 6):
        kept.save(step, small_state(step), {})
    assert steps(kept) == list(range(6 - number, 6))


# Model and optimizer


@pytest.mark.parametrize("options", [{"fused": True}, {"foreach": True}, {"amsgrad": True}], ids=str)
def test_a_student_that_is_put_back_goes_on_as_if_nothing_had_been(tmp_path, options):
    whole = learner()
    optimizer = adamw(whole, **options)
    learn(whole, optimizer, range(2))
    kept = Checkpoints(tmp_path)
    kept.save(2, capture(whole, optimizer), {})
    before = {name: value.clone() for name, value in capture(whole, optimizer).items()}
    learn(whole, optimizer, range(2, 5))

    again = learner(seed=1)
    its_own = adamw(again, **options)
    learn(again, its_own, range(7, 8))  # what it remembers is forgotten
    put_back(kept.newest().tensors(), again, its_own)
    file = kept.newest().folder / STATE
    with file.open("r+b") as written:  # a put-back student does not hang on the file
        written.write(bytes(file.stat().st_size))
    assert same(capture(again, its_own), before)
    learn(again, its_own, range(2, 5))
    assert same(capture(again, its_own), capture(whole, optimizer))
    assert not same(capture(again, its_own), before)


def test_every_weight_and_all_that_the_optimizer_remembers_is_captured():
    model = learner()
    optimizer = adamw(model)
    assert set(capture(model, optimizer)) == {f"model.{name}" for name in model.state_dict()}
    learn(model, optimizer, range(1))
    captured = capture(model, optimizer)
    learnt = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert {name.removeprefix("optimizer.exp_avg.") for name in captured if ".exp_avg." in name} == learnt
    assert any("contrast" in name for name in learnt) and not any("cross_modal" in name for name in learnt)
    assert {f"optimizer.{key}.{name}" for key in ("step", "exp_avg", "exp_avg_sq") for name in learnt} <= set(captured)
    assert {"model.cross_modal.0.weight", "model.image.0.bias"} <= set(captured)


def test_a_checkpoint_before_the_first_step_makes_the_optimizer_forget(tmp_path):
    model, fresh = learner(), learner()
    optimizer = adamw(model)
    Checkpoints(tmp_path).save(0, capture(fresh, adamw(fresh)), {})
    learn(model, optimizer, range(2))
    put_back(Checkpoints(tmp_path).newest().tensors(), model, optimizer)
    learn(model, optimizer, range(1))
    assert same(capture(model, optimizer), state())


def test_tied_weights_stay_tied(tmp_path):
    def tied() -> nn.ModuleDict:
        model = nn.ModuleDict({"into": nn.Linear(3, 3, bias=False), "out": nn.Linear(3, 3, bias=False)})
        model["out"].weight = model["into"].weight
        return model

    model, again = tied(), tied()
    Checkpoints(tmp_path).save(1, capture(model, adamw(model)), {})
    put_back(Checkpoints(tmp_path).newest().tensors(), again, adamw(again))
    assert torch.equal(again["out"].weight, model["into"].weight) and again["out"].weight is again["into"].weight


def missing(tensors: dict) -> dict:
    return {name: value for name, value in tensors.items() if name != "model.contrast.0.bias"}


@pytest.mark.parametrize(
    "change",
    [
        missing,
        lambda tensors: tensors | {"model.more": torch.zeros(1)},
        lambda tensors: tensors | {"model.contrast.0.bias": torch.zeros(17)},
        lambda tensors: tensors | {"model.contrast.0.bias": torch.zeros(16, dtype=torch.float64)},
        lambda tensors: tensors | {"optimizer.exp_avg.more": torch.zeros(1)},
        lambda tensors: tensors | {"optimizer.exp_avg.contrast.0.bias": torch.zeros(17)},
    ],
    ids=["missing", "more", "shape", "type of number", "the optimizer's more", "the optimizer's shape"],
)
def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(change):
    model = learner(seed=3)
    optimizer = adamw(model)
    learn(model, optimizer, range(1))
    before = {name: value.clone() for name, value in capture(model, optimizer).items()}
    with pytest.raises(UserError) as refused:
        put_back(change(state()), model, optimizer)
    assert refused.value.code == "checkpoint_of_another_model" and refused.value.hint("ja")
    assert same(capture(model, optimizer), before)


def test_a_student_with_wider_heads_is_another_model():
    wider = learner(projection_width=9)
    with pytest.raises(UserError) as refused:
        put_back(state(), wider, adamw(wider))
    assert refused.value.code == "checkpoint_of_another_model"
