"""Vectors made elsewhere are found however their contents are written, and what is wrong with a file is told by name."""

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdmcse import data
from kdmcse.data.tables import clean
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import teacher_features
from kdmcse.models.calibration import unit
from kdmcse.models.vector_file import VectorFile
from kdmcse.store.workspace import Workspace

CASES = Path(__file__).parents[3] / "shared" / "cases"
real = [
    pytest.mark.real,
    pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not on this computer"),
]


def parquet(folder: Path, contents: list, vectors: list, **names: str) -> Path:
    pd.DataFrame({"content": contents, "vector": vectors}).rename(columns=names).to_parquet(folder / "vectors.parquet")
    return folder / "vectors.parquet"


def npy(folder: Path, contents: list[str], vectors: np.ndarray) -> Path:
    np.save(folder / "vectors.npy", vectors)
    (folder / "vectors.ids.txt").write_text("\n".join(contents) + "\n", encoding="utf-8", newline="")
    return folder / "vectors.npy"


def written(folder: Path, contents: list[str], vectors: np.ndarray, suffix: str) -> Path:
    return npy(folder, contents, vectors) if suffix == "npy" else parquet(folder, contents, list(vectors))


def refusal(path: Path, contents: list[str]) -> UserError:
    with pytest.raises(UserError) as refused:
        VectorFile(path).require(contents)
    for language in LANGUAGES:
        said = refused.value.message(language) + refused.value.hint(language)
        assert path.name in said and "{" not in said and "pickle" not in said and "unsafe" not in said
    return refused.value


either = pytest.mark.parametrize("suffix", ["npy", "parquet"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1).filter(clean)


@either
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(TEXT, min_size=1, unique_by=clean), around=st.sampled_from(["", " ", "\t", "\u3000"]))
def test_every_content_finds_its_vector(tmp_path, suffix, contents, around):
    vectors = np.random.default_rng(0).normal(size=(len(contents), 3)).astype(np.float32)
    as_typed = [around + unicodedata.normalize("NFD", content) + around for content in contents]
    [found] = VectorFile(written(tmp_path, as_typed, vectors, suffix)).embed_texts(map(clean, contents))
    np.testing.assert_array_equal(found, vectors.astype(np.float16))


@either
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 2000), wound=st.binary(max_size=8))
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path, suffix, cut, wound):
    path = written(tmp_path, ["a", "b"], np.eye(2), suffix)
    whole = path.read_bytes()
    cut %= len(whole)
    path.write_bytes(whole[:cut] + wound + whole[cut + len(wound) :] if len(wound) % 2 else whole[:cut] + wound)
    try:
        VectorFile(path).require(["a", "b"])
    except UserError as error:
        assert path.name in error.message() and "pickle" not in str(error)


@either
def test_files_that_cannot_be_right_are_told_by_name(tmp_path, suffix):
    good = np.eye(3, dtype=np.float32)
    bad = good.copy()
    bad[1], bad[2, 0] = 0, np.nan
    code = refusal(written(tmp_path, ["a", "b", "c"], good, suffix), ["a", "never embedded"])
    assert code.code == "vectors_missing" and "never embedded" in str(code)
    code = refusal(written(tmp_path, ["a", "b", "c"], bad, suffix), ["a", "b", "c"])
    assert code.code == "vectors_without_direction" and "b (0); c (NaN, ∞)" in code.message("ja")
    VectorFile(written(tmp_path, ["a", "b", "c"], bad, suffix)).require(["a"])  # the others are not needed
    twice = refusal(written(tmp_path, ["a", " a", "c"], good, suffix), ["a"])
    assert twice.code == "vectors_twice" and "“" not in twice.fields["first"]
    VectorFile(written(tmp_path, ["a", " a", "c"], good * 0 + 1, suffix)).require(["a"])


@either
@pytest.mark.parametrize("length", [1e-30, 1e-9, 1e-4, 1e6, 1e30])
def test_vectors_of_any_length_keep_their_directions(tmp_path, suffix, length):
    vectors = np.random.default_rng(0).normal(size=(3, 64)) * [[length], [1], [length]]
    [found] = VectorFile(written(tmp_path, ["a", "b", "c"], vectors, suffix)).embed_texts(["a", "b", "c"])
    np.testing.assert_allclose(unit(found), unit(vectors), atol=1e-3)
    np.testing.assert_array_equal(found[1], vectors[1].astype(np.float16))


def test_what_is_no_table_of_vectors_is_told_with_what_is_wanted(tmp_path):
    raw = npy(tmp_path, ["a"], np.ones((1, 4)))
    raw.write_bytes(np.ones(4, np.float32).tobytes())
    assert refusal(raw, ["a"]).code == "vectors_without_header"
    for array in (np.ones(2), np.ones((1, 2, 3)), np.array([["x"]]), np.ones((1, 0))):
        assert refusal(npy(tmp_path, ["a"], array), ["a"]).code == "vectors_of_other_shape"
    objects = npy(tmp_path, ["a"], np.array([[object()]], dtype=object))
    assert refusal(objects, ["a"]).code == "vectors_unreadable"
    fit = refusal(npy(tmp_path, ["a", "b"], np.ones((3, 2))), ["a"])
    assert fit.code == "vectors_do_not_fit" and "vectors.ids.txt" in fit.message("ja")
    (tmp_path / "vectors.ids.txt").unlink()
    with pytest.raises(UserError, match="comes without vectors.ids.txt"):
        VectorFile(tmp_path / "vectors.npy")
    other = refusal(parquet(tmp_path, ["a"], [[1.0]], content="image_path", vector="embedding"), ["a"])
    assert other.code == "vectors_columns_missing"
    assert all(name in str(other) for name in ("content", "vector", "image_path", "embedding"))
    assert refusal(parquet(tmp_path, ["a"], [1.0]), ["a"]).code == "vectors_of_other_type"
    assert refusal(parquet(tmp_path, ["a"], [["x"]]), ["a"]).code == "vectors_of_other_type"
    uneven = refusal(parquet(tmp_path, ["a", "b", "c"], [[1.0, 2.0], [1.0], [1.0, 2.0]]), ["a"])
    assert uneven.code == "vectors_uneven" and "b" in uneven.message()
    assert refusal(parquet(tmp_path, ["a", "b"], [[1.0], None]), ["a"]).code == "vectors_uneven"
    assert refusal(parquet(tmp_path, [], []), ["a"]).code in ("vectors_unreadable", "vectors_of_other_type")


@pytest.mark.parametrize("kind", ["list", "large list", "fixed size", "halves", "whole", "rows in parts"])
def test_lists_of_every_make_are_read(tmp_path, kind):
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = {"halves": pa.float16(), "whole": pa.int32()}.get(kind, pa.float32())
    of = {"large list": pa.large_list(number), "fixed size": pa.list_(number, 2)}.get(kind, pa.list_(number))
    numbers = np.arange(40, dtype=np.float16 if kind == "halves" else None).reshape(20, 2) + 1
    table = pa.table({"content": [f"c{i}" for i in range(20)], "vector": pa.array(list(map(list, numbers)), of)})
    pq.write_table(table, tmp_path / "vectors.parquet", row_group_size=3 if kind == "rows in parts" else None)
    [found] = VectorFile(tmp_path / "vectors.parquet").embed_texts(["c19", "c3"])
    assert found.tolist() == [[39, 40], [7, 8]]


def test_numbers_may_be_names_and_whole(tmp_path):
    [found] = VectorFile(parquet(tmp_path, [179765, 190236], [[1, 2], [3, 4]])).embed_texts(["190236"])
    assert found.tolist() == [[3, 4]]


@pytest.mark.parametrize("case", [pytest.param(case, marks=real) for case in ("spaces", "u2028")])
def test_captions_as_they_were_typed_find_their_vectors(tmp_path, case):
    workspace = Workspace(tmp_path / "workspace")
    file = CASES / "vectors" / {"spaces": "spaces.parquet", "u2028": "u2028.npy"}[case]
    pairs = CASES / "vectors" / f"pairs_{case}.csv"
    dataset = data.import_dataset(workspace, name=case, pairs=pairs, images=CASES / "images.zip")
    teacher_features.require(workspace, str(file), dataset)
    features = teacher_features.embed(workspace, str(file), dataset)
    assert (features.forward_images, features.forward_texts) == (24, 24)


@pytest.mark.parametrize(
    ("file", "code", "named"),
    [
        pytest.param("memmap.npy", "vectors_without_header", ["numpy.save"], marks=real),
        pytest.param("other_columns.parquet", "vectors_columns_missing", ["image_path", "embedding"], marks=real),
        pytest.param("zero_nan.parquet", "vectors_without_direction", ["p05.jpg (0)", "item 6 (NaN"], marks=real),
    ],
)
def test_vectors_that_cannot_be_used_are_refused_before_anything_is_kept(tmp_path, file, code, named):
    workspace = Workspace(tmp_path / "workspace")
    dataset = data.import_dataset(workspace, name="p", pairs=CASES / "pairs.csv", images=CASES / "images.zip")
    with pytest.raises(UserError) as refused:
        teacher_features.require(workspace, str(CASES / "vectors" / file), dataset)
    assert refused.value.code == code and all(name in str(refused.value) for name in named)
    assert list(workspace.teachers.iterdir()) == []


@either
def test_an_image_is_found_whatever_folder_stands_before_it_where_only_one_fits(tmp_path, suffix):
    contents = ["images/p00.jpg", "a/p01.jpg", "b/p01.jpg", "p02.jpg", "Photos\\P03.JPG", "a mug"]
    file = VectorFile(written(tmp_path, contents, np.eye(6, dtype=np.float32), suffix))
    wanted = ["p00.jpg", "p01.jpg", "shop/p02.jpg", "p03.jpg", "p04.jpg"]
    found = {"p00.jpg": contents[0], "shop/p02.jpg": "p02.jpg", "p03.jpg": contents[4]}
    assert file.names_of(wanted) == found
    [vectors] = file.embed_images((None, name) for name in ["p03.jpg", "p00.jpg"])
    assert vectors.argmax(axis=1).tolist() == [4, 0]
    with pytest.raises(UserError) as refused:
        file.require(["a mug"], wanted)
    assert refused.value.code == "vectors_missing" and refused.value.fields["first"] == "p01.jpg", "two fit it"
    with pytest.raises(UserError):
        file.require(["mug"], list(found)), "a text is looked for as it is"


@either
def test_names_that_are_all_others_are_shown_beside_those_of_the_file(tmp_path, suffix):
    path = written(tmp_path, ["4711", "4712", "a mug"], np.eye(3), suffix)
    with pytest.raises(UserError) as refused:
        VectorFile(path).require(["a mug"], ["p00.jpg", "p01.jpg"])
    assert refused.value.code == "vectors_named_otherwise"
    for language in LANGUAGES:
        assert all(name in refused.value.message(language) for name in ("p00.jpg", "p01.jpg", "4711", "4712"))


def test_a_dataset_is_trained_on_vectors_whose_images_stand_in_a_folder(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = small.dataset(workspace, things=("mug", "cap"))
    names, captions = dataset.pairs["image_name"], dict.fromkeys(dataset.pairs["caption"])
    contents = [*("images/" + names), *captions]
    path = str(parquet(tmp_path, contents, list(np.random.default_rng(0).normal(size=(len(contents), 6)))))
    teacher_features.require(workspace, path, dataset)
    assert teacher_features.renamed_images(path, dataset) == {name: f"images/{name}" for name in names}
    features = teacher_features.embed(workspace, path, dataset)
    assert features.forward_images == len(names)
    further = dataset.pairs[["image", "image_name"]].head(2)
    assert len(teacher_features.embed_further(workspace, path, dataset, further, dataset.pairs["caption"])) == len(
        contents
    )


def test_the_vectors_of_a_file_are_kept_like_those_of_a_model(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = small.dataset(workspace, things=("mug", "cap"))
    contents = [*dataset.pairs["image_name"], *dict.fromkeys(dataset.pairs["caption"])]
    vectors = np.random.default_rng(0).normal(size=(len(contents), 6)).astype(np.float32)
    path = parquet(tmp_path, contents, list(vectors))
    features = teacher_features.embed(workspace, str(path), dataset)
    row = contents.index(dataset.pairs["caption"][2])
    np.testing.assert_array_equal(features.caption([2])[0], vectors[row].astype(np.float16))
    assert teacher_features.embed(workspace, str(path), dataset).forward_images == 0
