"""The part of the scores between today's and the trained student: measured when asked for, with an interval at each stop."""

import re
import shutil

import pytest
from example_poc import complete, import_example
from pages_under_test import open_page, shown

from kdmcse import i18n as words
from kdmcse.evaluation import benchmark_scores
from kdmcse.evaluation.benchmark_scores import Score
from kdmcse.processes import launch
from kdmcse.results.interpolation import SHARES, stop_folder
from kdmcse.store.workspace import Workspace


def plain(text):
    return re.sub(r"\\(.)", r"\1", text)


T = {language: words.Locale(language) for language in words.LANGUAGES}


@pytest.fixture
def trained(tmp_path):
    """Every method with one training; the first of KDMCSE."""
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources")
    return complete(workspace, dataset, seeds=(0,))


def measure(runs, *, public: bool) -> None:
    """As the job leaves it: the first stops are the untouched student, the last ones the trained one."""
    run = runs["kdmcse"][0]
    for share in SHARES:
        model = runs["baseline"][0] if share < 0.5 else run
        folder = stop_folder(run, share)
        shutil.copytree(model.folder / "evaluation", folder / "evaluation")
        if public:
            (run.workspace.path / "public").mkdir(exist_ok=True)
            rows = benchmark_scores.pd.read_parquet(folder / "evaluation" / "sts.parquet")
            benchmark_scores.keep_public(folder / "yardsticks", "STS12", Score(0.5, len(rows)), rows)


def interpolated(run, language, monkeypatch, **given):
    return open_page(run.workspace.path, "scores", language, monkeypatch, **given)


def test_nothing_is_read_before_it_is_opened_and_measuring_starts_when_asked_for(trained, monkeypatch):
    run, asked = trained["kdmcse"][0], []
    with monkeypatch.context() as closed:
        closed.setattr("kdmcse.processes.interpolation.status", lambda run: pytest.fail("nobody opened it"))
        app = interpolated(run, "en", monkeypatch, folded={"interpolation"})
        assert not app.exception and T["en"]("page_scores.interpolation.text") not in shown(app)
    monkeypatch.setattr(launch, "start_interpolation", asked.append)
    app = interpolated(run, "en", monkeypatch)
    assert T["en"]("page_scores.interpolation.text") in shown(app)
    app.button(key="start_interpolation").click().run()
    assert [one.id for one in asked] == [run.id] and not app.exception


@pytest.mark.slow
@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("public", [False, True])
def test_each_stop_has_its_score_and_what_was_forgotten_or_that_it_is_not_known(trained, language, public, monkeypatch):
    t, run = T[language], trained["kdmcse"][0]
    measure(trained, public=public)
    app = interpolated(run, language, monkeypatch)
    text = " ".join(shown(app))
    tables = [table.value.map(plain) for table in app.table]
    stops = next(table for table in tables if t.percent(0.25) in table.iloc[:, 0].tolist())
    assert stops.iloc[:, 0].tolist() == [t.percent(share) for share in SHARES] and not app.error
    tests = next(table for table in tables if t("page_scores.interpolation.test") in table.columns)
    assert tests.iloc[1:, 0].tolist() == [t("benchmarks.metric.public_STS12")] * public
    assert (t("interpolation.unknown") in text) == (not public)
    assert f"kdmcse interpolate {run.id} --share 0.5" in text
    app.select_slider(key=f"share_{run.id}").set_value(0.25).run()
    assert not app.exception and "--share 0.25 " in " ".join(shown(app))
