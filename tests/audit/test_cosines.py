"""What a teacher's cosines tell: against loops on made vectors, and against the known facts of a real teacher."""

import numpy as np
import pytest

from kdmcse.audit.cosines import BIN, Look, Spread
from kdmcse.models.calibration import Cosines, unit


def look(images, captions) -> Look:
    return Look.of(images, captions, Cosines.of(images, captions))


def test_a_real_teacher_looks_as_is_known_of_it(coco):
    seen = look(*coco)
    assert seen.pairs == 500
    assert seen.true.quantiles == pytest.approx((0.257, 0.289, 0.310, 0.333, 0.363), abs=5e-4)
    assert seen.wrong.largest == pytest.approx(0.377, abs=5e-4)
    assert 1 - seen.captions.mean == pytest.approx(0.485, abs=5e-4)
    assert seen.captions.sd == pytest.approx(0.11, abs=5e-4)
    assert 1 - seen.images.mean == pytest.approx(0.469, abs=5e-4)
    assert seen.images.sd == pytest.approx(0.096, abs=5e-4)
    assert (seen.caption_to_image, seen.image_to_caption) == (0.506, 0.552)
    assert seen.knows_pairs


def test_every_cosine_and_search_is_that_of_loops(pairs):
    images, captions = pairs
    seen, n = look(images, captions), len(images)
    wrong = [captions[i] @ images[j] for i in range(n) for j in range(n) if i != j]
    assert seen.wrong.quantiles == pytest.approx(np.quantile(wrong, (0.05, 0.25, 0.5, 0.75, 0.95)), abs=1e-6)
    assert seen.wrong.largest == pytest.approx(max(wrong))
    assert seen.captions.mean == pytest.approx(np.mean([captions[i] @ captions[j] for i in range(n) for j in range(i)]))
    found = [max(range(n), key=lambda j, i=i: captions[i] @ images[j]) == i for i in range(n)]
    assert seen.caption_to_image == pytest.approx(np.mean(found))


def test_the_bars_hold_every_cosine_once():
    cosines = np.array([-0.305, -0.3, 0.0, 0.004, 0.01, 0.999], np.float32)
    spread = Spread.of(cosines)
    assert sum(spread.bars) == pytest.approx(1, abs=1e-5)
    assert spread.first <= cosines.min() < spread.first + BIN
    assert spread.bars[round((0.0 - spread.first) / BIN)] == pytest.approx(2 / 6, abs=1e-5)


def test_a_teacher_to_whom_the_pairs_are_noise_does_not_know_them():
    rng = np.random.default_rng(1)
    assert not look(unit(rng.standard_normal((200, 16))), unit(rng.standard_normal((200, 16)))).knows_pairs
