"""What was agreed is judged at birth, locked once and for good, and whatever happens to its file is noticed."""

import dataclasses
import datetime
import json
import threading

import pytest
from example_poc import PRICES, complete, config, evaluated, import_example

from kdmcse import cost, metrics, stats
from kdmcse.cli import app
from kdmcse.criteria import criteria
from kdmcse.criteria.criteria import Contract, Person
from kdmcse.engine.runs import create
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, sentences
from kdmcse.store.workspace import Workspace

MARCH, APRIL = (datetime.datetime(2031, month, 14, 9, 30, tzinfo=datetime.UTC) for month in (3, 4))
AGREED = {
    "dataset": "d" * 16, "stage": 1, "baseline": "baseline", "primary": "sts_spearman", "further": (), "least_gain": 0.0,
    "least_saving": None, "most_hours": None, "most_money": None, "currency": None, "stop_below": 0.01, "stop_date": None,
    **criteria.GATES[1], "people": ("Aiko Mori",),
}  # fmt: skip


def agreed(**changes) -> Contract:
    return Contract(**AGREED | changes)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "source")


def path(workspace: Workspace, version: int, dataset: str = AGREED["dataset"]):
    return workspace.contracts / dataset / f"{version:04d}.json"


# What can be agreed on


def test_every_field_is_agreed_on_in_one_section():
    shown = [name for section in criteria.SECTIONS.values() for name in section]
    assert sorted([*shown, "dataset", "currency"]) == sorted(field.name for field in dataclasses.fields(Contract))


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


def test_a_metric_is_named_once_and_what_a_table_gives_is_the_same_contract():
    given = agreed(
        further=("sts_spearman", "sts_pearson", "sts_pearson"), least_gain=0, people=[{"name": "Aiko  Mori"}]
    )
    assert given.further == ("sts_pearson",)
    assert given == Contract.from_dict(json.loads(json.dumps(given.to_dict())))
    assert given.digest == agreed(further=["sts_pearson"]).digest
    assert agreed(further="sts_pearson", people="Aiko Mori") == given


def test_a_name_that_is_no_name_is_refused():
    with pytest.raises(UserError, match="accountant"):
        Person("", "accountant")
    with pytest.raises(UserError, match="200"):
        Person("a" * 201)


@pytest.mark.parametrize("stage", criteria.STAGES)
def test_a_proposal_lacks_only_the_people(dataset, stage):
    proposal = criteria.proposed(dataset, stage)
    assert proposal["primary"] == "sts_spearman" and set(criteria.GATES[stage].items()) <= set(proposal.items())
    with pytest.raises(UserError) as refused:
        Contract(**proposal)
    assert refused.value.code == "contract_without_people"
    assert Contract(**proposal | {"people": ("A",)}).stage == stage


def test_later_stages_never_ask_for_less():
    for gate in ("least_pairs", "least_seeds", "least_annotators", "no_leaks"):
        asked = [criteria.GATES[stage][gate] for stage in criteria.STAGES]
        assert asked == sorted(asked)


def test_without_judged_pairs_captions_decide_and_nobody_has_to_have_judged(workspace, tmp_path):
    proposal = criteria.proposed(import_example(workspace, tmp_path / "other", sts=0), 3)
    assert proposal["primary"] == "caption_to_caption_ndcg_at_10"
    assert proposal["least_annotators"] == 0 and proposal["least_kappa"] is None and proposal["least_pairs"] == 1000


def test_what_may_be_named_is_measured_or_judged_in_the_app():
    assert set(criteria.metrics()) == {*(metric.name for metric in metrics.SCORES), "judged_spearman"}
    for language in LANGUAGES:
        assert all(f"poc.metric.{metric}" in sentences(language) for metric in criteria.metrics())


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_told_in_words(language):
    full = agreed(
        least_saving=1000, most_hours=40, most_money=5e5, currency="JPY", stop_date="2031-03-31", least_annotators=2, least_kappa=0.6,
        further=("sts_pearson",), people=(Person("Aiko Mori", "search"), Person("Ben Li")),
    )  # fmt: skip
    told = dict(full.told(language))
    assert len(told) == len(dataclasses.fields(Contract)) - 2 and all(told.values())
    for words in (
        {"en": "Aiko Mori (search), Ben Li", "ja": "Aiko Mori（search）、Ben Li"},
        {"en": "March 31, 2031", "ja": "2031年3月31日"},
    ):
        assert words[language] in told.values()
    open_ = dict(agreed(no_leaks=False).told(language)).values()
    assert sentences(language)["contract.not_agreed"] in open_ and sentences(language)["contract.not_asked"] in open_


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_shows_from_which_value_to_which(language):
    before, after = agreed(), agreed(least_gain=0.02, stage=2)
    found = criteria.changes(before, after, language)
    assert [(change.before, change.after) for change in found][1] == ("0.000", "0.020") and len(found) == 2
    assert criteria.changes(before, before, language) == []


# Locking


def test_a_locked_contract_is_found_again_with_time_and_digest(workspace):
    assert criteria.current(workspace, AGREED["dataset"]) is None
    locked = criteria.lock(workspace, agreed(), now=MARCH)
    assert locked == criteria.current(workspace, AGREED["dataset"])
    assert locked.version == 1 and locked.time == "2031-03-14T09:30:00+00:00" and locked.intact
    assert len(locked.digest) == 64 and locked.mark == locked.digest[:8]
    for language in LANGUAGES:
        assert locked.mark in locked.name(language) and locked.date(language) in locked.name(language)
        assert locked.date(language) in locked.remark(language)


def test_the_time_is_told_in_utc_wherever_it_was_locked(workspace):
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    assert criteria.lock(workspace, agreed(), now=MARCH.astimezone(tokyo)).time == "2031-03-14T09:30:00+00:00"


def test_a_change_is_a_new_version_and_the_old_one_stays(workspace):
    first = criteria.lock(workspace, agreed(), now=MARCH)
    content = path(workspace, 1).read_bytes()
    second = criteria.lock(workspace, agreed(least_gain=0.02), now=APRIL)
    assert criteria.history(workspace, AGREED["dataset"]) == [first, second]
    assert second.version == 2 and second.digest != first.digest and path(workspace, 1).read_bytes() == content


def test_the_same_contract_once_more_stays_the_version_it_is(workspace):
    first = criteria.lock(workspace, agreed(), now=MARCH)
    assert criteria.lock(workspace, agreed(), now=APRIL) == first
    criteria.lock(workspace, agreed(stage=2), now=APRIL)
    assert criteria.lock(workspace, agreed(), now=APRIL).version == 3, "going back is a change too"


def test_two_who_lock_at_once_get_a_version_each(workspace):
    people = [agreed(people=(f"person {i}",)) for i in range(6)]
    threads = [threading.Thread(target=criteria.lock, args=(workspace, one)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = criteria.history(workspace, AGREED["dataset"])
    assert [one.version for one in found] == [1, 2, 3, 4, 5, 6] and all(one.intact for one in found)
    assert {one.contract for one in found} == set(people)


def test_datasets_have_contracts_of_their_own(workspace):
    criteria.lock(workspace, agreed())
    assert criteria.current(workspace, "e" * 16) is None
    for odd in ("", "..", "../prices", "a/b"):
        with pytest.raises(ValueError, match="dataset"):
            criteria.history(workspace, odd)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_known_whether_results_could_be_seen(workspace, dataset, language):
    terms = criteria.proposed(dataset) | {"people": ("A",)}
    create(workspace, config(dataset, "kdmcse"))
    first = criteria.lock(workspace, Contract(**terms), now=MARCH)
    assert first.seen == () and first.remark(language) == sentences(language)["contract.remark.agreed_before"].format(
        date=first.date(language)
    )
    run = evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.7)
    second = criteria.lock(workspace, Contract(**terms | {"least_gain": 0.1}), now=APRIL)
    assert second.seen == (run.id,) and criteria.history(workspace, dataset.fingerprint)[0] == first
    told = sentences(language)["contract.remark.changed_after"].format(date=second.date(language), runs=1)
    assert second.remark(language) == told and second.to_dict()["after_results"]


def test_a_first_agreement_after_results_is_said_to_be_one(workspace, dataset):
    complete(workspace, dataset, seeds=(0,))
    for file in (workspace.contracts / dataset.fingerprint).glob("*.json"):
        file.unlink()
    late = criteria.lock(workspace, Contract(**criteria.proposed(dataset) | {"people": ("A",)}))
    assert len(late.seen) == 4 and "after results existed" in late.remark("en")


# What may happen to a file


def alter(file, **changes) -> None:
    record = json.loads(file.read_text())
    record["contract"] |= changes
    file.write_text(json.dumps(record))


def test_a_file_that_was_altered_is_noticed_and_named(workspace):
    criteria.lock(workspace, agreed(), now=MARCH)
    alter(path(workspace, 1), least_gain=0.0001)
    for language in LANGUAGES:
        with pytest.raises(UserError) as noticed:
            criteria.current(workspace, AGREED["dataset"])
        assert "0001.json" in noticed.value.message(language)
    (found,) = criteria.history(workspace, AGREED["dataset"])
    assert not found.intact and found.remark("en") == sentences("en")["contract.remark.altered"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b'{"contract": "x"}', b'{"contract": {}}']
)
def test_a_file_that_cannot_be_read_is_an_altered_one(workspace, content):
    criteria.lock(workspace, agreed())
    path(workspace, 1).write_bytes(content)
    (found,) = criteria.history(workspace, AGREED["dataset"])
    assert not found.intact and found.contract is None
    assert found.date("en") == "–" and found.name("ja") and found.remark("ja") and json.dumps(found.to_dict())


@pytest.mark.parametrize("name", ["version", "locked", "before", "runs_with_results", "digest"])
def test_every_fact_beside_the_contract_is_sealed_too(workspace, name):
    criteria.lock(workspace, agreed(), now=MARCH)
    criteria.lock(workspace, agreed(stage=2), now=APRIL)
    record = json.loads(path(workspace, 2).read_text())
    other = {
        "version": 3,
        "locked": "2031-03-15T09:30:00+00:00",
        "before": "",
        "runs_with_results": ["x"],
        "digest": "0" * 64,
    }
    path(workspace, 2).write_text(json.dumps(record | {name: other[name]}))
    assert [one.intact for one in criteria.history(workspace, AGREED["dataset"])] == [True, False]


def test_a_new_digest_of_an_old_version_does_not_fit_what_the_next_one_remembers(workspace):
    criteria.lock(workspace, agreed(), now=MARCH)
    criteria.lock(workspace, agreed(stage=2), now=APRIL)
    alter(path(workspace, 1), least_gain=0.5)
    record = json.loads(path(workspace, 1).read_text())
    path(workspace, 1).write_text(json.dumps(record | {"digest": criteria._digest(record)}))
    assert [one.intact for one in criteria.history(workspace, AGREED["dataset"])] == [False, True]


def test_a_version_that_was_taken_away_is_missed(workspace):
    for stage in (1, 2, 3):
        criteria.lock(workspace, agreed(stage=stage))
    path(workspace, 2).unlink()
    found = criteria.history(workspace, AGREED["dataset"])
    assert [one.intact for one in found] == [True, False, True] and found[1].contract is None
    assert criteria.current(workspace, AGREED["dataset"]).version == 3


def test_after_an_altered_file_one_can_agree_anew_and_the_file_stays(workspace):
    criteria.lock(workspace, agreed())
    alter(path(workspace, 1), least_gain=0.5)
    content = path(workspace, 1).read_bytes()
    anew = criteria.lock(workspace, agreed())
    assert anew.version == 2 and criteria.current(workspace, AGREED["dataset"]) == anew
    assert path(workspace, 1).read_bytes() == content
    assert [one.intact for one in criteria.history(workspace, AGREED["dataset"])] == [False, True]


# From a shell


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
    locked = criteria.current(workspace, dataset.fingerprint)
    assert (status, err) == (0, "") and json.loads(out)["current"]["digest"] == locked.digest
    assert locked.contract.people == (Person("Aiko Mori", "head of search"), Person("Ben Li"))
    assert (locked.contract.least_gain, locked.contract.least_pairs) == (0.02, 300)
    for language in LANGUAGES:
        status, out, _ = shell("contract", "--dataset", dataset.fingerprint, "--show", "--language", language)
        assert status == 0 and locked.mark in out and "Aiko Mori" in out
        assert all(value in out for _, value in locked.contract.told(language))


def test_the_proposal_takes_the_currency_of_the_prices(shell, workspace, dataset, tmp_path):
    cost.write_prices(workspace, dataset.fingerprint, PRICES)
    (tmp_path / "agreed.toml").write_text('least_saving = 5000\npeople = ["Aiko Mori"]\n')
    assert shell("contract", "--dataset", "Shop", "--lock", tmp_path / "agreed.toml")[0] == 0
    assert criteria.current(workspace, dataset.fingerprint).contract.currency == PRICES.currency


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "people"), ('people = ["A"]\nstage = [1]', "stage"), ('people = ["A"]\nleast_gane = 1', "least_gane"),
        ('people = ["A"]\ndataset = "another"', "another"), ("people = [{role = 'x'}]", "name"), ("people = [1]", "people"),
        ("stage =", "agreed.toml"), ('people = ["A"]\nfurther = 3', "further"), ('people = ["A"]\nprimary = ["x"]', "primary"),
    ],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_refused_in_a_sentence(shell, workspace, dataset, tmp_path, content, told):
    (tmp_path / "agreed.toml").write_text(content)
    status, out, err = shell("contract", "--dataset", "Shop", "--lock", tmp_path / "agreed.toml", "--json")
    assert status == 2 and told in json.loads(out)["error"]["message"] and "Traceback" not in err
    assert criteria.history(workspace, dataset.fingerprint) == []


def test_names_without_a_file_are_refused(shell, dataset):
    assert shell("contract", "--dataset", "Shop", "--agreed-by", "Aiko Mori")[0] == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_contract_the_shell_says_so_and_goes_on(shell, workspace, dataset, tmp_path, language):
    untold = sentences(language)["contract.none"]
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
    alter(path(workspace, 1, dataset.fingerprint), least_gain=0.5)
    status, _, err = shell("evaluate", *ask)
    assert status == 0 and "0001.json" in err
    assert shell("contract", "--dataset", "Shop")[0] == 2
