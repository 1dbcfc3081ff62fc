"""What dropout under bfloat16 leaves out, and that float32 keeps the noise of the library."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kdmcse.models import dropout


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.93])
def test_as_many_entries_as_asked_are_zero_and_the_mean_stays(probability):
    torch.manual_seed(0)
    rows = dropout.dropped(torch.ones(499, 1999), probability)
    lost = (rows == 0).double().mean().item()
    deviation = (probability * (1 - probability) / rows.numel()) ** 0.5
    assert abs(lost - probability) < 5 * deviation + 2**-17
    assert rows[rows > 0].unique().tolist() == pytest.approx([1 / (1 - probability)], rel=2e-4)
    assert rows.double().mean().item() == pytest.approx(1, abs=5 * deviation / (1 - probability) + 2e-4)


def test_entries_are_lost_alike_at_every_place_of_a_draw():
    torch.manual_seed(0)
    lost = (dropout.dropped(torch.ones(400_000), 0.1) == 0).view(-1, 4).double().mean(0)
    assert (lost - 0.1).abs().max() < 5 * (0.09 / 100_000) ** 0.5


def test_what_was_lost_has_no_gradient_and_what_was_kept_its_factor():
    rows = torch.randn(7, 5, requires_grad=True)
    after = dropout.dropped(rows, 0.5)
    after.sum().backward()
    assert torch.equal(rows.grad, torch.where(after == 0, 0.0, 2.0)) and 0 < (after == 0).sum() < 35


def test_noise_follows_from_the_random_state():
    first, again = (torch.manual_seed(3) and dropout.dropped(torch.ones(50), 0.5) for _ in range(2))
    assert torch.equal(first, again) and not torch.equal(again, dropout.dropped(torch.ones(50), 0.5))


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_nothing_or_all_is_lost_at_the_ends(probability):
    assert dropout.dropped(torch.ones(9), probability).sum() == 9 * (1 - probability)


def test_in_float32_it_is_that_of_the_library_and_none_outside_of_training():
    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Dropout(0.3)))
    dropout.put_into(model)
    drop, rows = model[1][0], torch.ones(40, 3)
    assert isinstance(drop, dropout.Dropout) and drop.p == 0.3
    torch.manual_seed(1)
    here = drop(rows)
    torch.manual_seed(1)
    assert torch.equal(here, F.dropout(rows, 0.3))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.manual_seed(1)
        quick = drop(rows)
        torch.manual_seed(1)
        assert torch.equal(quick, dropout.dropped(rows, 0.3)) and not torch.equal(quick, here)
        assert torch.equal(drop.eval()(rows), rows)
