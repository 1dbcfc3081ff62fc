"""One process for all visitors: it answers, ends when nobody asks, comes back, and says in words what it cannot do."""

import io
import sys
import threading
import time

import numpy as np
import psutil
import pytest
import small
from PIL import Image

from kdmcse.errors import UserError
from kdmcse.models import student as models
from kdmcse.processes import encode_queries
from kdmcse.processes.query_encoder import QueryEncoder, Student, picture_file


@pytest.fixture
def encoder(tmp_path):
    found = QueryEncoder(tmp_path / "log.txt")
    yield found
    found.close()


def test_a_sentence_is_encoded_as_the_evaluation_does_by_one_process_for_two_visitors(encoder):
    students = [Student(small.student()), Student(small.static_student())]
    assert not encoder.is_ready(students) and encoder.process is None
    answers = {}

    def visit(number: int) -> None:
        answers[number] = encoder.encode(f"a red mug {number}", students)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in (1, 2)]
    [one.start() for one in visitors]
    [one.join() for one in visitors]
    for number, vectors in answers.items():
        for one, vector in zip(students, vectors, strict=True):
            expected = models.encode(models.load(one.ref, device="cpu"), [f"a red mug {number}"])[0]
            assert np.allclose(vector, expected, atol=1e-5)
    first = encoder.process.pid
    assert encoder.is_ready(students)
    start = time.monotonic()
    encoder.encode("a blue cap", students)
    assert time.monotonic() - start < 1 and encoder.process.pid == first
    process = psutil.Process(first)
    assert process.nice() == psutil.Process().nice()  # a person waits: it yields to nobody
    if sys.platform == "linux":
        assert process.rlimit(psutil.RLIMIT_DATA) == (encode_queries.MEMORY, encode_queries.MEMORY)


@pytest.mark.slow
def test_a_process_that_was_killed_comes_back(encoder):
    students = [Student(small.static_student())]
    encoder.encode("a", students)
    killed = encoder.process
    killed.kill()
    killed.wait()
    assert not encoder.is_ready(students)
    assert len(encoder.encode("a", students)) == 1 and encoder.process.pid != killed.pid


@pytest.mark.slow
def test_it_ends_when_nobody_asks_and_with_the_dashboard(encoder, monkeypatch):
    monkeypatch.setenv("KDMCSE_ENCODER_IDLE", "0.3")
    encoder.encode("a", [Student(small.static_student())])
    ended = encoder.process
    assert ended is None or ended.wait(20) == 0
    monkeypatch.setenv("KDMCSE_ENCODER_IDLE", "600")
    encoder.encode("a", [Student(small.static_student())])
    alive = encoder.process
    alive.stdin.close()  # as the end of the dashboard does
    assert alive.wait(20) == 0


def test_a_model_that_is_gone_is_named_and_the_next_question_is_answered(encoder, tmp_path):
    with pytest.raises(UserError) as gone:
        encoder.encode("a", [Student(str(tmp_path / "gone"))])
    assert gone.value.code == "student_unknown" and "gone" in str(gone.value)
    assert len(encoder.encode("a", [Student(small.static_student())])) == 1


def test_a_process_that_cannot_start_is_told_with_its_log(encoder, monkeypatch):
    monkeypatch.setattr("kdmcse.processes.query_encoder.start_attached", broken(encoder))
    with pytest.raises(UserError) as ended:
        encoder.encode("a", [Student(small.static_student())])
    assert ended.value.code == "query_encoder_ended" and "log.txt" in str(ended.value)


def broken(encoder):
    from kdmcse.engine.process import start_attached

    return lambda module, log, **environment: start_attached("kdmcse.no_such_module", log, **environment)


def test_warming_returns_at_once_and_makes_the_models_ready(encoder):
    students = [Student(small.static_student())]
    start = time.monotonic()
    encoder.warm(students)
    assert time.monotonic() - start < 1
    end = time.monotonic() + 60
    while not encoder.is_ready(students) and time.monotonic() < end:
        time.sleep(0.05)
    assert encoder.is_ready(students)


def test_no_more_than_two_students_are_kept():
    kept = encode_queries.Models()
    for prompt in ("own", "query", "passage"):
        kept.student(small.static_student(), prompt if prompt == "own" else "e5")
    kept.student(small.student(), "own")
    assert len(kept.loaded) == encode_queries.STUDENTS


def test_memory_that_runs_out_is_told_in_words(monkeypatch):
    def full(*_):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(encode_queries, "answer", full)
    assert encode_queries.respond(encode_queries.Models(), "{}")["error"]["code"] == "query_encoder_memory"


def test_a_picture_is_made_safe_before_anything_looks_at_it():
    written = io.BytesIO()
    Image.new("RGB", (3000, 10)).save(written, "PNG")
    with picture_file(written.getvalue()) as path:
        assert max(Image.open(path).size) == 1024
    assert not path.exists()
    with pytest.raises(UserError) as refused, picture_file(b"no picture"):
        pass
    assert refused.value.code == "query_picture_unusable" and "JPEG" in str(refused.value)
