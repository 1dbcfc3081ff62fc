"""What a filter would leave out: shares as loops count them, samples from the right side, and the known facts of a real teacher."""

import numpy as np
import pytest

from kdmcse.audit.filters import JUDGED, SHOWN, filters
from kdmcse.models.calibration import Cosines


def of(images, captions, seed=0):
    found = filters(images, captions, Cosines.of(images, captions), np.arange(100, 100 + len(images)), seed)
    return {one.name: one for one in found}


def test_a_real_teacher_leaves_out_what_is_known_of_it(coco):
    found = of(*coco)
    shares = [found[f"true_pairs_{share}"].negatives for share in (50, 25, 10, 5)]
    assert shares == pytest.approx([0.0035, 0.013, 0.030, 0.047], abs=5e-4)
    assert found["true_pairs_50"].captions == pytest.approx(0.47, abs=5e-3)


def test_shares_are_those_of_loops(pairs):
    images, captions = pairs
    n = len(images)
    for one in of(images, captions).values():
        out = [[captions[i] @ images[j] > one.threshold and i != j for j in range(n)] for i in range(n)]
        assert one.negatives == pytest.approx(np.sum(out) / (n * (n - 1)))
        assert one.captions == pytest.approx(np.any(out, axis=1).mean())


def test_people_judge_pairs_from_both_sides_and_see_the_closest_to_the_threshold_first(pairs):
    images, captions = pairs
    one = of(images, captions)["true_pairs_5"]
    for negative in (*one.removed, *one.kept, *one.doubtful):
        assert negative.caption != negative.image
        value = captions[negative.caption - 100] @ images[negative.image - 100]
        assert negative.cosine == pytest.approx(value, abs=1e-4)
    assert min(negative.cosine for negative in one.removed) > one.threshold - 1e-4
    assert max(negative.cosine for negative in one.kept) < one.threshold + 1e-4
    assert len(one.kept) == len({negative.id for negative in one.kept}) == JUDGED
    shown = [negative.cosine for negative in one.doubtful]
    assert shown == sorted(shown) and len(shown) == SHOWN
    across = captions @ images.T
    np.fill_diagonal(across, -1)
    assert shown[0] == pytest.approx(across[across > one.threshold].min(), abs=1e-4)


def test_what_is_drawn_rests_on_the_seed_alone(pairs):
    assert of(*pairs) == of(*pairs)
    assert of(*pairs)["true_pairs_5"].removed != of(*pairs, seed=1)["true_pairs_5"].removed


def test_a_teacher_that_tells_all_pairs_apart_leaves_nothing_out():
    found = of(np.eye(9, dtype=np.float32), np.eye(9, dtype=np.float32))
    assert all(one.negatives == one.captions == 0 and one.removed == one.doubtful == () for one in found.values())
