"""What can be loaded without a network is listed with where it is, its licence and its size."""

import shutil
from pathlib import Path

import pytest
import small

from kdmcse.models import found
from kdmcse.models.references import require


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """No package and no download on this machine."""
    monkeypatch.setattr(found.site, "getsitepackages", lambda: [str(tmp_path / "packages")])
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def put(model: str | Path, into: Path, licence: str | None = None) -> Path:
    shutil.copytree(str(model).removeprefix("local-dir:"), into)
    if licence:
        (into / "README.md").write_text(f"---\nlanguage: en\nlicense: {licence}\n---\n# A model\n", encoding="utf-8")
    return into


def test_a_student_and_a_teacher_of_the_workspace_are_told_apart(alone):
    put(small.student(), alone / "models" / "shop-student", "apache-2.0")
    put(small.teacher(), alone / "models" / "shop-teacher")
    (alone / "models" / "notes").mkdir()
    [student], [teacher] = (found.models_here(alone / "models", role) for role in ("student", "teacher"))
    assert (student.name, student.place, student.licence) == ("shop-student", "workspace", "apache-2.0")
    assert (teacher.name, teacher.licence) == ("shop-teacher", None)
    assert student.size > 0 and teacher.size > 0
    require(student.reference, "student")
    require(teacher.reference, "teacher")


def test_models_of_packages_and_downloads_are_named_as_people_know_them(alone):
    put(small.student(), alone / "packages" / "a_model" / "model")
    put(small.student(), alone / "hub" / "models--org--name" / "snapshots" / "0123", "mit")
    put(small.teacher(), alone / "hub" / "models--org--clip" / "snapshots" / "4567")
    students = found.models_here(alone / "models", "student")
    assert [(one.name, one.place) for one in students] == [("a_model", "package"), ("org/name", "hub")]
    assert students[1].reference == "org/name" and students[1].licence == "mit"
    [teacher] = found.models_here(alone / "models", "teacher")
    assert teacher.reference == "hf-hub:org/clip", "as open_clip is given it"


def test_nothing_here_is_an_empty_list(alone):
    assert found.models_here(alone / "models", "student") == found.models_here(alone / "models", "teacher") == []


def test_a_folder_that_cannot_be_loaded_is_not_offered(alone):
    broken = put(small.student(), alone / "models" / "broken")
    for weights in broken.rglob("*.safetensors"):
        weights.unlink()
    assert found.models_here(alone / "models", "student") == []


def test_the_sample_s_models_are_what_they_are():
    sample = Path(__file__).parents[2] / "sample_data"
    assert found.sees_images(sample / "teacher") and not found.sees_images(sample / "student")
