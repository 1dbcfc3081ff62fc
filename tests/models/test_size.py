"""How large a model is stands in its weights, and how fast it may be trained follows from that."""

from pathlib import Path

import pytest
import small

from kdmcse.models import size, student


def test_what_a_token_passes_through_is_every_matrix_but_the_tables_it_is_looked_up_in():
    encoder = student.load(small.student())
    expected = sum(
        weight.numel() for name, weight in encoder.named_parameters() if weight.dim() == 2 and "embed" not in name
    )
    assert size.passed_through(small.student()) == expected > 0


def test_a_larger_student_is_trained_more_slowly(monkeypatch):
    monkeypatch.setattr(size, "passed_through", {"small": 10**7, "large": 10**8}.get)
    slow, quick = size.training_pace("small")
    assert slow < quick and size.training_pace("large") == (pytest.approx(slow / 10), pytest.approx(quick / 10))


@pytest.mark.parametrize("content", [None, b"", b"\x08\0\0\0\0\0\0\0not json", b"\xff" * 9])
def test_nothing_is_told_of_weights_that_are_not_here_or_cannot_be_read(content: bytes | None, tmp_path: Path):
    if content is not None:
        (tmp_path / "model.safetensors").write_bytes(content)
    assert size.passed_through(str(tmp_path)) is None and size.training_pace(str(tmp_path)) is None
