"""What is asked for is computed in; what is automatic is what the device is faster with, by a wide margin."""

import pytest
import torch

from kdmcse.models import device


@pytest.mark.parametrize("asked", device.PRECISIONS)
def test_a_precision_that_is_asked_for_is_taken(asked, monkeypatch):
    monkeypatch.setattr(device, "faster_precision", lambda name: pytest.fail("nothing is to be measured"))
    assert device.precision(asked, "cpu") == asked


def test_auto_looks_at_the_device_once_and_leaves_random_numbers_alone():
    before = torch.get_rng_state()
    found = device.precision("auto", "cpu")
    assert found in device.PRECISIONS
    assert torch.equal(before, torch.get_rng_state())
    looked = device.faster_precision.cache_info().misses
    assert device.precision("auto", "cpu") == found
    assert device.faster_precision.cache_info().misses == looked


@pytest.mark.parametrize(
    ("half", "chosen", "products"),
    [(1.0, "bfloat16", 14), (1.9, "bfloat16", 14), (2.1, "float32", 14), (9.0, "float32", 14), (400.0, "float32", 4)],
)
def test_bfloat16_must_be_half_as_fast_again_in_its_best_turn_and_without_hope_has_two_turns(
    monkeypatch, half, chosen, products
):
    clock, multiplied = [0.0], []
    slow = iter([10.0, *[1.0] * 100])  # the first product is held up

    class Table:
        def __init__(self, seconds):
            self.seconds = seconds

        def __matmul__(self, other):
            multiplied.append(self.seconds)
            clock[0] += self.seconds * next(slow)
            return torch.zeros(1, 1)

    monkeypatch.setattr(torch, "ones", lambda *shape, dtype, device: Table(3.0 if dtype == torch.float32 else half))
    monkeypatch.setattr(device.time, "perf_counter", lambda: clock[0])
    assert device.faster_precision.__wrapped__("cpu") == chosen
    assert len(multiplied) == products


def test_one_product_that_is_held_up_does_not_end_the_look(monkeypatch):
    clock = [0.0]
    held_up = iter([1.0, 500.0, *[1.0] * 100])  # the first in bfloat16

    class Table:
        def __init__(self, seconds):
            self.seconds = seconds

        def __matmul__(self, other):
            clock[0] += self.seconds * next(held_up)
            return torch.zeros(1, 1)

    monkeypatch.setattr(torch, "ones", lambda *shape, dtype, device: Table(4.0 if dtype == torch.float32 else 1.0))
    monkeypatch.setattr(device.time, "perf_counter", lambda: clock[0])
    assert device.faster_precision.__wrapped__("cpu") == "bfloat16"
