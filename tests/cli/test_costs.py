"""The shell tells the costs that the page shows; decisions can be derived."""

import json

import numpy as np
import pandas as pd
import pytest
from example_poc import analysed, complete, import_example

from kdmcse import cost
from kdmcse.cli import app
from kdmcse.config import BASELINE
from kdmcse.cost import Prices
from kdmcse.i18n import Locale
from kdmcse.presentation.results import result_sentences
from kdmcse.store.workspace import Workspace

PRICE_FILE = 'currency = "JPY"\nfalse_match = 300\nmissed_match = 1200\nmonthly_volume = 20000\nbase_rate = 0.1\n'


def told(capsys, *arguments):
    assert app.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture
def shop(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources")
    return workspace, dataset, complete(workspace, dataset)


# Page and shell


def test_the_shell_tells_the_same_numbers_as_the_page(shop, tmp_path, capsys):
    workspace, dataset, runs = shop
    file = tmp_path / "prices.toml"
    file.write_text(PRICE_FILE + "today = 0.45\n[review]\nprice = 20\naccuracy = 0.95\n")
    prices = Prices.from_toml(file)
    cost.write_prices(workspace, dataset.fingerprint, prices)
    page = analysed(workspace, dataset).costs().comparison.to_dict()
    names = [part for method in ("mcse", "kdmcse") for run in runs[method] for part in ("--model", run.id)]
    arguments = [
        "cost",
        "--workspace",
        workspace.path,
        "--dataset",
        "Shop",
        *names,
        "--baseline",
        runs[BASELINE][0].id,
        "--prices",
        file,
    ]
    shell = json.loads(told(capsys, *arguments, "--json"))
    assert set(shell["methods"]) == {BASELINE, "mcse", "kdmcse"} and shell["seeds"]["kdmcse"] == [
        run.id for run in runs["kdmcse"]
    ]
    for method in shell["methods"]:
        for shown, here in (("best", "methods"), ("today", "methods_today")):
            assert shell[here][method] == page[shown][method], (method, shown)
    single = shell["models"][runs["kdmcse"][0].id]
    assert single["monthly_cost"] == page["best"]["kdmcse"]["seeds"][0]["monthly_cost"]
    text = told(capsys, *arguments, "--language", "ja")
    assert Locale("ja").money(page["best"]["kdmcse"]["cost"]["estimate"], "JPY") in text and "KDMCSE" in text
    assert "〜" in text and "\u2060" not in text, "no marks for browsers"


def test_decisions_can_be_derived_in_the_shell_and_are_marked(tmp_path, capsys):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", decisions=0)
    runs = complete(workspace, dataset, seeds=(0,))
    rng = np.random.default_rng(0)
    for run in (runs["kdmcse"][0], runs[BASELINE][0]):
        judged = dataset.sts[dataset.sts["held_out"]]
        scored = pd.DataFrame({"row": judged["row"], "gold": judged["score"], "cosine": rng.random(len(judged))})
        scored.to_parquet(run.folder / "evaluation" / "sts.parquet")
    file = tmp_path / "prices.toml"
    file.write_text(PRICE_FILE)
    arguments = [
        "cost",
        "--workspace",
        workspace.path,
        "--dataset",
        "Shop",
        "--model",
        runs["kdmcse"][0].id,
        "--baseline",
        runs[BASELINE][0].id,
        "--prices",
        file,
    ]
    assert app.main([str(a) for a in arguments]) == 2 and "--match-score" in capsys.readouterr().err
    found = json.loads(told(capsys, *arguments, "--match-score", 4, "--json"))
    assert found["derived_at"] == 4 and all(model["derived_at"] == 4 for model in found["models"].values())
    assert Locale("en")("cost.note.derived", score="4.0") in told(capsys, *arguments, "--match-score", 4)
    cost.write_prices(workspace, dataset.fingerprint, Prices.from_toml(file))
    assert analysed(workspace, dataset).costs().comparison is None
    cost.write_match_score(workspace, dataset.fingerprint, 4)
    page = analysed(workspace, dataset)
    assert page.results.match_score == 4 and page.costs().comparison.to_dict()["derived_at"] == 4
    assert (
        page.costs().estimates[runs["kdmcse"][0].id].monthly_cost
        == found["models"][runs["kdmcse"][0].id]["monthly_cost"]
    )
    assert Locale("en")("cost.note.derived", score="4.0") in " ".join(
        result_sentences(Locale("en"), page.results, page.verdicts(), page.costs())
    )


@pytest.mark.parametrize("language", ["en", "ja"])
def test_shares_of_amounts_in_another_currency_are_refused_with_both_currencies(tmp_path, capsys, language):
    workspace = Workspace(tmp_path / "workspace")
    dataset = import_example(workspace, tmp_path / "sources", amounts=("$9", "$30.5"))
    runs = complete(workspace, dataset, seeds=(0,))
    file = tmp_path / "prices.toml"
    file.write_text(PRICE_FILE + "missed_match_share = 0.5\n")
    line = ["cost", "--workspace", workspace.path, "--dataset", "Shop", "--prices", file, "--language", language]
    line += ["--model", runs["kdmcse"][0].id, "--baseline", runs[BASELINE][0].id]
    assert app.main([str(one) for one in line]) == 2
    said = capsys.readouterr().err
    assert "JPY" in said and Locale(language)("cost.currency.dollars") in said
