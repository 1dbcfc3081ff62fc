"""The page of the further yardsticks: a method a row, every gap with its reason, in one language; asking starts the job."""

import re

import numpy as np
import pytest
from example_poc import analysed, complete, import_example
from filelock import FileLock
from pages_under_test import open_page, shown

from kdmcse import data
from kdmcse import i18n as words
from kdmcse.evaluation import benchmarks, encoder, evaluation
from kdmcse.evaluation.benchmarks import public
from kdmcse.processes import benchmarks as job
from kdmcse.processes import launch
from kdmcse.results.benchmarks import by_method
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

METHODS = ("baseline", "simcse", "mcse", "kdmcse")


def letters(texts):
    counts = np.array([[text.count(chr(c)) for c in range(97, 123)] for text in texts], dtype=np.float32) + 1e-3
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def measure(dataset, run) -> None:
    """What an evaluation of now leaves behind, where the example has none."""
    found = evaluation.read_evaluation(run)
    encode = encoder.Vectors(letters).of
    benchmarks.measure(
        encode, dataset, found.folder, embeddings=evaluation.read_embeddings(found), decisions=found.decisions
    )


def file_of(workspace, name, text) -> None:
    path = public.local_folder(workspace) / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """All methods measured, two public tests from local files: one good, one that cannot be used."""
    folder = tmp_path_factory.mktemp("measured")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source", name="Spring")
    found = complete(workspace, dataset)
    file_of(workspace, "JSTS", "sentence1,sentence2,score\na red mug,a red cup,5\nlamp,bag,0\nthe cap,a cap,4\n")
    file_of(workspace, "JSICK", "sentence1,sentence2,score\na,b,0\n")
    for runs in found.values():
        for run in runs:
            measure(dataset, run)
            kept = run.folder / "yardsticks"
            public.note_absent(workspace, kept, hub=False)
            for benchmark in public.to_measure(workspace, kept, hub=False):
                public.measure(letters, workspace, kept, benchmark, hub=False, name=run.id)
    return workspace.path


@pytest.fixture
def unmeasured(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    return workspace, complete(workspace, import_example(workspace, tmp_path / "source"), seeds=(0,))


def tables(app):
    """What a person reads in them."""
    return [table.value.map(plain) for table in app.table]


def plain(text):
    return re.sub(r"\\(.)", r"\1", text)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_measured_methods_are_rows_and_what_is_missing_has_its_reason(measured, language, monkeypatch):
    app = open_page(measured, "benchmarks", language, monkeypatch)
    assert not app.exception and not app.error and not (measured / "dashboard.log").exists()
    transfer, geometry, tests, licences = tables(app)
    names = [words.Locale(language)(f"results.method.{method}") for method in METHODS]
    for table in (transfer, geometry, tests):
        assert table.iloc[:, 0].tolist() == names
    assert len(geometry.columns) == 5 and len(transfer.columns) == 3, "no column for what nobody has"
    told = " ".join(map(plain, shown(app)))
    assert words.Locale(language)("benchmarks.missing.no_faq") in told
    for name in ("alignment", "uniformity", "anisotropy", "hubness"):
        assert words.Locale(language)(f"benchmarks.meaning.{name}") in told
    assert len(licences) == 9 and "cc-by-sa-4.0" in licences.iloc[7].tolist()
    assert words.Locale(language)("benchmarks.missing.not_available") in told
    sources = licences.iloc[:, 3].tolist()
    local = words.Locale(language)("benchmarks.source.local", file="JSTS.csv")
    absent = words.Locale(language)("page_benchmarks.public.not_here")
    assert sources[7] == local and sources[0] == absent
    averages = tests.iloc[:, -1].tolist()
    value = words.Locale(language).number(1.0, 3)
    assert averages == [words.Locale(language)("benchmarks.note.average", average=value, n="1", all="9")] * 4
    assert "JSICK.csv" in told and words.Locale(language)("errors.public_score_unusable.hint") in told
    other = {"en": "ja", "ja": "en"}[language]
    own = set(words.sentences(language).values())
    assert not {s for s in words.sentences(other).values() if len(s) > 3 and s not in own} & set(shown(app))
    cells = " ".join(str(cell) for table in tables(app) for cell in table.to_numpy().ravel())
    assert "None" not in cells and "nan" not in cells


def test_a_figure_has_its_interval_and_one_of_the_whole_set_the_range_of_its_seeds(measured, monkeypatch):
    workspace = Workspace(measured)
    (dataset,) = data.list_datasets(workspace)
    app = open_page(measured, "benchmarks", "en", monkeypatch)

    found = by_method(analysed(workspace, dataset).results)
    values = [scores["hubness"].value for scores in found["kdmcse"]]
    cell = tables(app)[1].iloc[3, 4]
    assert cell == f"{np.mean(values):.3f} [{min(values):.3f}\u00a0to\u00a0{max(values):.3f}]", "of the whole set only"
    assert re.fullmatch(r"-?[0-9.]+ \(-?[0-9.]+\u00a0to\u00a0-?[0-9.]+\)", tables(app)[1].iloc[3, 1]), (
        "the others with an interval"
    )


def test_what_is_measured_later_has_its_interval_at_once_and_is_read_once(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "source", name="Spring")
    runs = complete(workspace, dataset)["kdmcse"]
    intervals = analysed(workspace, dataset).intervals
    assert intervals.interval("kdmcse", "alignment").estimate is None
    for run in runs[:-1]:
        measure(dataset, run)
    assert intervals.interval("kdmcse", "alignment").estimate is None, "not of every run"
    measure(dataset, runs[-1])
    found = intervals.interval("kdmcse", "alignment")
    assert found.low is not None
    monkeypatch.setattr("kdmcse.results.intervals.metric_rows", lambda *_: pytest.fail("read again"))
    assert intervals.interval("kdmcse", "alignment") == found


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_evaluations_of_before_say_so_and_a_button_measures_them(unmeasured, language, monkeypatch):
    workspace, runs = unmeasured
    asked = []
    monkeypatch.setattr(launch, "start_benchmarks", lambda runs, **given: asked.append((len(runs), given)))
    app = open_page(workspace.path, "benchmarks", language, monkeypatch)
    assert any(words.Locale(language)("benchmarks.missing.not_measured") in text for text in shown(app))
    app.button(key="measure_transfer").click().run()
    app.button(key="measure_public").click().run()
    assert asked == [(4, {"with_public": False, "label": "category"}), (4, {"with_public": True, "label": "category"})]


def test_a_gap_of_one_method_is_told_with_its_name(unmeasured, monkeypatch):
    workspace, runs = unmeasured
    (dataset,) = data.list_datasets(workspace)
    for method in METHODS[:3]:
        measure(dataset, runs[method][0])
    told = shown(open_page(workspace.path, "benchmarks", "en", monkeypatch))
    names = ", ".join(f"{name} (KDMCSE)" for name in ("Alignment", "Uniformity", "Anisotropy", "Hubness"))
    assert f"{names}: {words.Locale('en')('benchmarks.missing.not_measured')}" in told


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_while_it_measures_the_page_says_how_far_and_asks_no_more(unmeasured, language, monkeypatch):
    workspace, runs = unmeasured
    place = job.job(workspace, runs["kdmcse"][0].config.dataset).folder
    write_json(place / "progress.json", {"done": 1, "total": 4, "run": runs["kdmcse"][0].id})
    with FileLock(place / "alive.lock"):
        app = open_page(workspace.path, "benchmarks", language, monkeypatch)
        assert words.Locale(language)("page_benchmarks.measuring", done="1", total="4") in shown(app)
        assert not [button for button in app.button if button.key.startswith("measure_")]
    write_json(place / "asked.json", {"runs": [], "public": False, "label": "category"})
    app = open_page(workspace.path, "benchmarks", language, monkeypatch)
    assert words.Locale(language)("page_benchmarks.failed") in [error.value for error in app.error]


def test_a_job_that_failed_says_what_to_do(unmeasured, monkeypatch):
    workspace, runs = unmeasured
    from kdmcse.errors import UserError

    error = UserError("yardsticks_need_evaluation", run="r").to_dict()
    place = job.job(workspace, runs["kdmcse"][0].config.dataset).folder
    write_json(place / "outcome.json", {"status": "failed", "error": error})
    app = open_page(workspace.path, "benchmarks", "ja", monkeypatch)
    assert words.Locale("ja")("errors.yardsticks_need_evaluation.hint")[:10] in re.sub(r"\\", "", app.error[0].value)


def test_another_column_is_chosen_in_the_address_and_measured_on_request(tmp_path, monkeypatch):
    import pandas as pd

    workspace = Workspace(tmp_path / "workspace")
    import_example(Workspace(tmp_path / "other"), tmp_path / "source")
    source = tmp_path / "source"
    table = pd.read_csv(source / "pairs.csv")
    table.assign(colour=["red", "blue"] * (len(table) // 2)).to_csv(source / "pairs.csv", index=False)
    dataset = data.import_dataset(workspace, name="coloured", pairs=source / "pairs.csv", images=source / "images")
    for runs in complete(workspace, dataset, seeds=(0,)).values():
        for run in runs:
            measure(dataset, run)
    asked = []
    monkeypatch.setattr(launch, "start_benchmarks", lambda runs, **given: asked.append(given["label"]))
    app = open_page(workspace.path, "benchmarks", "en", monkeypatch)
    assert app.selectbox(key="label_category").options == ["category", "colour"]
    app.selectbox(key="label_category").select("colour").run()
    assert app.query_params["label"] in ("colour", ["colour"])
    app.button(key="measure_transfer").click().run()
    assert asked == ["colour"]
    app = open_page(workspace.path, "benchmarks", "en", monkeypatch, label="<b>none</b>")
    assert not app.exception and app.selectbox(key="label_category").value == "category"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_public_test_that_is_not_measured_yet_has_a_dash_and_the_reason_once(unmeasured, language, monkeypatch):
    app, t = open_page(unmeasured[0].path, "benchmarks", language, monkeypatch), words.Locale(language)
    (tests,) = (one for one in tables(app) if t("page_benchmarks.public.source") in one.columns)
    assert set(tests[t("page_benchmarks.public.source")]) == {"–"}
    assert sum(t("benchmarks.missing.not_measured") in plain(one) for one in shown(app)) >= 1


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_figure_without_an_interval_says_why(measured, language, monkeypatch):
    app, t = open_page(measured, "benchmarks", language, monkeypatch), words.Locale(language)
    told = " ".join(map(plain, (one.value for one in app.caption)))
    assert t("stats.note.no_variation") in told or t("stats.note.often_undefined") in told
