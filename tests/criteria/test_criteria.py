"""Criteria are checked when they are made, and can be locked from a shell."""

import dataclasses
import json

import pytest
from example_criteria import agreed
from example_datasets import import_pilot, pilot
from example_poc import PRICES, complete, import_example

from kdmcse import cost, metrics, stats
from kdmcse.cli import app
from kdmcse.criteria import criteria, locking
from kdmcse.criteria.criteria import Criteria, Person
from kdmcse.criteria.measurable import unmeasurable
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, Locale, plain_text, sentences
from kdmcse.presentation.criteria import field_texts
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "source")


# What can be agreed on


def test_every_field_is_agreed_on_in_one_section():
    shown = [name for section in criteria.SECTIONS.values() for name in section]
    assert sorted([*shown, "dataset", "currency"]) == sorted(field.name for field in dataclasses.fields(Criteria))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("stage", 4), ("stage", -1), ("stage", 1.0), ("baseline", "kdmcse"), ("baseline", "bert"), ("primary", "accuracy"),
        ("further", ("sts_pearson", "luck")), ("least_gain", -0.01), ("least_gain", float("nan")), ("least_saving", -1),
        ("most_hours", -1), ("most_money", float("inf")), ("currency", "YEN"), ("stop_below", 3), ("stop_date", "31 March"),
        ("stop_date", 20310331), ("least_pairs", stats.MIN_ROWS - 1), ("least_pairs", 99.5), ("least_seeds", stats.MIN_SEEDS - 1),
        ("least_annotators", -1), ("least_annotators", True), ("least_kappa", 1.1), ("no_leaks", 1), ("people", ()), ("people", ("  ",)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_makes_no_sense_is_refused_and_the_field_is_named(field, wrong, language):
    money = {"currency": "JPY"} if field in ("least_saving", "most_money") else {}
    with pytest.raises(UserError) as refused:
        agreed(**money | {field: wrong})
    assert field in refused.value.message(language)


@pytest.mark.parametrize("amount", ["least_saving", "most_money"])
def test_an_amount_needs_a_currency(amount):
    with pytest.raises(UserError, match="currency"):
        agreed(**{amount: 100})
    assert getattr(agreed(**{amount: 100, "currency": "JPY"}), amount) == 100


def test_something_must_say_when_to_stop():
    with pytest.raises(UserError, match="stop"):
        agreed(stop_below=None)
    assert agreed(stop_below=None, stop_date="2031-03-31").stop_date == "2031-03-31"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stop_line_above_the_success_line_is_refused_with_the_sentence_why(language):
    crossing = agreed(least_gain=0.0, stop_below=0.01)
    with pytest.raises(UserError) as refused:
        crossing.require_order()
    told = refused.value.message(language)
    assert "0.01" in told and {"en": "go and a stop at once", "ja": "両方に当てはまって"}[language] in told
    agreed(least_gain=0.01, stop_below=0.01).require_order()
    agreed(least_gain=0.0, stop_below=None, stop_date="2031-03-31").require_order()


def test_a_metric_is_named_once_and_what_a_table_gives_are_the_same_criteria():
    given = agreed(
        further=("sts_spearman", "sts_pearson", "sts_pearson"), least_gain=0, people=[{"name": "Aiko  Mori"}]
    )
    assert given.further == ("sts_pearson",)
    assert given == Criteria.from_dict(json.loads(json.dumps(given.to_dict())))
    assert given.digest == agreed(further=["sts_pearson"]).digest
    assert agreed(further="sts_pearson", people="Aiko Mori") == given


def test_a_name_that_is_no_name_is_refused():
    with pytest.raises(UserError, match="accountant"):
        Person("", "accountant")
    with pytest.raises(UserError, match="200"):
        Person("a" * 201)


@pytest.mark.parametrize("stage", criteria.STAGES)
def test_a_proposal_lacks_only_the_people(dataset, stage):
    proposal = criteria.default_criteria(dataset, stage)
    of_people = {"least_annotators": 0, "least_kappa": None}
    assert proposal["primary"] == "sts_spearman"
    Criteria(**proposal | {"people": ("A",)}).require_order()
    assert (criteria.GATES[stage] | of_people).items() <= proposal.items(), "nobody judges them in the app"
    with pytest.raises(UserError) as refused:
        Criteria(**proposal)
    assert refused.value.code == "contract_without_people"
    assert Criteria(**proposal | {"people": ("A",)}).stage == stage


def test_later_stages_never_ask_for_less():
    for gate in ("least_pairs", "least_seeds", "least_annotators", "no_leaks"):
        asked = [criteria.GATES[stage][gate] for stage in criteria.STAGES]
        assert asked == sorted(asked)


def test_without_judged_pairs_captions_decide_and_nobody_has_to_have_judged(workspace, tmp_path):
    proposal = criteria.default_criteria(import_example(workspace, tmp_path / "other", sts=0), 3)
    assert proposal["primary"] == "caption_to_caption_ndcg_at_10"
    assert proposal["least_annotators"] == 0 and proposal["least_kappa"] is None and proposal["least_pairs"] == 1000


def test_a_score_that_the_dataset_cannot_give_is_known_beforehand(workspace, tmp_path, dataset):
    assert all(unmeasurable(dataset, name, "mcse") is None for name in criteria.METRICS)
    alone = import_pilot(workspace, tmp_path, pilot(groups=30, each=1))
    assert unmeasurable(alone, "sts_spearman", "baseline") == "no_judgements"
    assert unmeasurable(alone, "caption_to_caption_recall_at_1", "baseline") == "no_two_captions"
    assert unmeasurable(alone, "caption_to_image_recall_at_1", "baseline") == "no_image_search"
    assert unmeasurable(alone, "caption_to_image_recall_at_1", "mcse") is None
    assert unmeasurable(alone, "judged_spearman", "baseline") is None, "people can judge pairs of captions"
    proposal = criteria.default_criteria(alone, 2)
    assert proposal["primary"] == "judged_spearman" and criteria.GATES[2].items() <= proposal.items()


@pytest.mark.parametrize("stage", criteria.STAGES)
def test_who_judged_is_asked_where_their_judgements_are_chosen_to_decide(dataset, stage):
    chosen = criteria.default_criteria(dataset, stage, primary="judged_spearman")
    assert chosen["primary"] == "judged_spearman" and criteria.GATES[stage].items() <= chosen.items()
    other = criteria.default_criteria(dataset, stage, primary="caption_to_caption_recall_at_1")
    assert other["least_annotators"] == 0 and other["least_kappa"] is None


def test_what_may_be_named_is_measured_or_judged_in_the_app():
    assert set(criteria.METRICS) == {*(metric.name for metric in metrics.SCORES), "judged_spearman"}
    for language in LANGUAGES:
        assert all(f"results.metric.{metric}" in sentences(language) for metric in criteria.METRICS)


# From a shell


def test_a_shell_says_what_nobody_would_agree_on_knowingly(shell, workspace, dataset, tmp_path):
    file = tmp_path / "agreed.toml"
    file.write_text('primary = "caption_to_image_ndcg_at_10"\nstop_date = "2020-03-31"\n')
    for language in LANGUAGES:
        t = Locale(language)
        status, _, err = shell(
            "contract", "--dataset", "Shop", "--lock", file, "--agreed-by", "Aiko", "--language", language
        )
        assert status == 0 and t("criteria.unmeasurable.no_image_search") in err
        assert t("criteria.doubt.stop_date", date=t.date("2020-03-31")) in err


@pytest.fixture
def shell(workspace, capsys):
    """Run a command on the workspace; its exit status, stdout and stderr."""

    def run(command: str, *arguments: object) -> tuple[int, str, str]:
        status = app.main([command, "--workspace", str(workspace.path), *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def test_a_file_of_what_differs_from_the_proposal_is_locked_with_names_and_roles(shell, workspace, dataset, tmp_path):
    file = tmp_path / "agreed.toml"
    file.write_text('stage = 2\nleast_gain = 0.02\nleast_saving = 5000\ncurrency = "JPY"\nstop_date = "2031-03-31"\n')
    people = ("--agreed-by", "Aiko Mori=head of search", "Ben Li")
    status, out, err = shell("contract", "--dataset", "Shop", "--lock", file, *people, "--json")
    locked = locking.current(workspace, dataset.fingerprint)
    assert (status, err) == (0, "") and json.loads(out)["current"]["digest"] == locked.digest
    assert locked.criteria.people == (Person("Aiko Mori", "head of search"), Person("Ben Li"))
    assert (locked.criteria.least_gain, locked.criteria.least_pairs) == (0.02, 300)
    for language in LANGUAGES:
        status, out, _ = shell("contract", "--dataset", dataset.fingerprint, "--show", "--language", language)
        assert status == 0 and locked.mark in out and "Aiko Mori" in out
        assert all(plain_text(field.value) in out for field in field_texts(Locale(language), locked.criteria))


def test_kpis_are_locked_from_a_file_and_shown(shell, workspace, dataset, tmp_path):
    (tmp_path / "agreed.toml").write_text(
        'people = ["Aiko Mori"]\n'
        '[[kpis]]\nname = "Handling time"\ntarget = 4\ndirection = "at_most"\nunit = "min"\n'
        '[[kpis]]\nname = "Preferred"\ntarget = 55\ndirection = "at_least"\nsource = "votes"\n'
    )
    status, out, _ = shell("contract", "--dataset", "Shop", "--lock", tmp_path / "agreed.toml", "--json")
    assert status == 0
    told = json.loads(out)["current"]["contract"]["kpis"]
    assert [(kpi["name"], kpi["target"], kpi["unit"]) for kpi in told] == [
        ("Handling time", 4, "min"),
        ("Preferred", 55, "%"),
    ]
    status, out, _ = shell("contract", "--dataset", "Shop", "--show")
    assert status == 0 and "Handling time at most 4 min, Preferred at least 55%" in out


def test_the_proposal_takes_the_currency_of_the_prices(shell, workspace, dataset, tmp_path):
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    (tmp_path / "agreed.toml").write_text('least_saving = 5000\npeople = ["Aiko Mori"]\n')
    assert shell("contract", "--dataset", "Shop", "--lock", tmp_path / "agreed.toml")[0] == 0
    assert locking.current(workspace, dataset.fingerprint).criteria.currency == PRICES.currency


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "people"), ('people = ["A"]\nstage = [1]', "stage"), ('people = ["A"]\nleast_gane = 1', "least_gane"),
        ('people = ["A"]\ndataset = "another"', "another"), ("people = [{role = 'x'}]", "name"), ("people = [1]", "people"),
        ('people = ["A"]\nkpis = ["Time"]', "kpis"), ('people = ["A"]\n[[kpis]]\nname = "T"\ntarget = 1\ndirection = "up"', "kpis/1/direction"),
        ("stage =", "agreed.toml"), ('people = ["A"]\nfurther = 3', "further"), ('people = ["A"]\nprimary = ["x"]', "primary"),
    ],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_refused_in_a_sentence(shell, workspace, dataset, tmp_path, content, told):
    (tmp_path / "agreed.toml").write_text(content)
    status, out, err = shell("contract", "--dataset", "Shop", "--lock", tmp_path / "agreed.toml", "--json")
    assert status == 2 and told in json.loads(out)["error"]["message"] and "Traceback" not in err
    assert locking.history(workspace, dataset.fingerprint) == []


def test_names_without_a_file_are_refused(shell, dataset):
    assert shell("contract", "--dataset", "Shop", "--agreed-by", "Aiko Mori")[0] == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_criteria_the_shell_says_so_and_goes_on(shell, workspace, dataset, tmp_path, language):
    untold = sentences(language)["criteria.none"]
    status, out, err = shell("contract", "--dataset", "Shop", "--language", language)
    assert (status, out.strip()) == (0, untold)
    runs = complete(workspace, dataset, seeds=(0,))
    ask = ("--dataset", "Shop", "--model", runs["kdmcse"][0].id, "--language", language)
    assert untold not in shell("evaluate", *ask)[2]
    (workspace.contracts / dataset.fingerprint).rename(tmp_path / "away")
    status, out, err = shell("evaluate", *ask, "--json")
    assert status == 0 and untold in err and json.loads(out)["models"]
    report = ("--dataset", "Shop", "--out", tmp_path / "report.html", "--language", language)
    assert untold in shell("report", *report)[2]
    (tmp_path / "away").rename(workspace.contracts / dataset.fingerprint)
    file = workspace.contracts / dataset.fingerprint / "0001.json"
    file.write_text(file.read_text().replace('"least_gain": 0.0', '"least_gain": 0.5'))
    status, _, err = shell("evaluate", *ask)
    assert status == 0 and "0001.json" in err
    assert shell("contract", "--dataset", "Shop")[0] == 2


def test_lines_that_cross_cannot_be_locked_from_a_shell_and_those_locked_before_stay_as_they_were(
    shell, workspace, dataset, tmp_path
):
    before = locking.lock(workspace, agreed(dataset=dataset.fingerprint, least_gain=0.0, stop_below=0.01))
    (tmp_path / "crossing.toml").write_text("least_gain = 0.002\nstop_below = 0.01\n", encoding="utf-8")
    status, _, err = shell("contract", "--dataset", "Shop", "--lock", tmp_path / "crossing.toml", "--agreed-by", "Aiko")
    assert status == 2 and "stop line (0.01) lies above" in err
    kept = locking.current(workspace, dataset.fingerprint)
    assert kept == before and kept.intact and kept.criteria.stop_below == 0.01
