"""This dropout does what torch's does: the share that is asked for, each number with its expected value, and its gradient."""

import pytest
import torch
from torch import nn

from kdmcse.models import dropout


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_the_share_is_dropped_and_the_rest_is_larger(share, kind):
    torch.manual_seed(0)
    rows = torch.ones(201, 1001, dtype=kind)
    found = dropout.dropout(rows, share)
    dropped = (found == 0).float()
    deviation = (share * (1 - share) / rows.numel()) ** 0.5
    assert abs(dropped.mean().item() - share) < 5 * deviation
    assert dropped.mean(0).std().item() == pytest.approx((share * (1 - share) / 201) ** 0.5, rel=0.2)  # no pattern
    kept = found[found != 0].float()
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - share)), rtol=5e-3, atol=0)


def test_neighbours_are_dropped_independently():
    torch.manual_seed(0)
    kept = (dropout.dropout(torch.ones(2**20), 0.5) != 0).double() - 0.5
    for apart in (1, 2, 3, 4, 8):
        assert abs((kept[apart:] * kept[:-apart]).mean().item()) < 0.25 * 5 / 2**10


def test_the_gradient_goes_where_the_numbers_went():
    rows = torch.ones(7, 9, requires_grad=True)
    found = dropout.dropout(rows, 0.3)
    found.sum().backward()
    assert torch.equal(rows.grad, found.detach())


def test_the_seed_decides_and_nothing_is_dropped_at_the_ends():
    rows = torch.ones(5, 3)
    torch.manual_seed(3)
    first = dropout.dropout(rows, 0.5)
    torch.manual_seed(3)
    assert torch.equal(first, dropout.dropout(rows, 0.5))
    assert torch.equal(dropout.dropout(rows, 0.0), rows)
    assert not dropout.dropout(rows, 1.0).any()
    assert dropout.dropout(torch.ones(0, 3), 0.5).shape == (0, 3)


def test_it_takes_the_place_of_torchs_and_rests_in_evaluation():
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Dropout(0.4), nn.Dropout1d(0.2))).eval()
    dropout.quicken(model)
    assert [type(one) for one in model[1]] == [dropout.Dropout, nn.Dropout1d]
    assert model[1][0].p == 0.4 and not model[1][0].training
    rows = torch.ones(2, 4)
    assert torch.equal(model[1][0](rows), rows)
