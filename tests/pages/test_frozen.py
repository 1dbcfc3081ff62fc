"""A snapshot in the dashboard: every page opens, says that it is frozen, and nothing is written."""

import datetime

import pytest
from example_poc import PRICES, agreed, complete, import_example
from pages_under_test import PAGES, open_page, shown

from kdmcse import annotation, cost
from kdmcse.criteria import kpi_values
from kdmcse.governance import snapshot
from kdmcse.i18n import Locale
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poc")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source")
    complete(workspace, dataset)
    kpi = {"name": "Handling time", "target": 4, "direction": "at_most", "unit": "min"}
    locked = agreed(workspace, dataset, kpis=[kpi]).criteria
    day = datetime.date(2026, 3, 1)
    kpi_values.type_in(workspace, dataset.fingerprint, locked.kpis[0], locked.stage, day, 3.5, today=day)
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    annotation.propose(workspace, dataset, 20)
    for person in ("Aiko", "Ben"):
        for score in (1, 2, 3):
            item = annotation.annotation_queue(workspace, dataset, person).item
            annotation.judge(workspace, dataset, person, item.id, score, 5.0)
    return snapshot.freeze(workspace, dataset, folder / "frozen").folder


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_and_writes_nothing(frozen, page, monkeypatch):
    t = Locale("en" if len(page) % 2 else "ja")
    before = {path: path.lstat().st_mtime_ns for path in frozen.rglob("*")}
    app = open_page(frozen, page, t.language, monkeypatch)
    text = "\n".join(shown(app)).replace("\\", "")
    assert t("shared.frozen") in text and t("shared.fault.message") not in text
    assert {path: path.lstat().st_mtime_ns for path in frozen.rglob("*")} == before


def test_the_values_of_kpis_are_in_it_and_none_is_asked_for(frozen, monkeypatch):
    app = open_page(frozen, "criteria", "en", monkeypatch)
    assert any("3.5 min" in table.value.to_csv().replace("\\", "") for table in app.table) and not app.number_input


def test_who_writes_is_told_that_it_is_frozen(frozen, monkeypatch):
    app = open_page(frozen, "annotate", "en", monkeypatch, judge="Aiko")
    next(one for one in app.button if one.key.startswith("act_score|")).click().run()
    assert "frozen snapshot" in "\n".join(shown(app)).replace("\\", "")
