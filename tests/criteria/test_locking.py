"""Criteria are locked once and for good, and whatever happens to their file is noticed."""

import datetime
import json
import threading

import pytest
from example_criteria import AGREED, agreed
from example_poc import complete, config, evaluated, import_example

from kdmcse.criteria import locking
from kdmcse.criteria.criteria import Criteria, default_criteria
from kdmcse.engine.runs import create
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.workspace import Workspace

MARCH, APRIL = (datetime.datetime(2031, month, 14, 9, 30, tzinfo=datetime.UTC) for month in (3, 4))


def path(workspace: Workspace, version: int, dataset: str = AGREED["dataset"]):
    return workspace.contracts / dataset / f"{version:04d}.json"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def dataset(workspace, tmp_path):
    return import_example(workspace, tmp_path / "source")


def test_locked_criteria_are_found_again_with_time_and_digest(workspace):
    assert locking.current(workspace, AGREED["dataset"]) is None
    locked = locking.lock(workspace, agreed(), now=MARCH)
    assert locked == locking.current(workspace, AGREED["dataset"])
    assert locked.version == 1 and locked.time == "2031-03-14T09:30:00+00:00" and locked.intact
    assert len(locked.digest) == 64 and locked.mark == locked.digest[:8]


def test_the_time_is_told_in_utc_wherever_it_was_locked(workspace):
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    assert locking.lock(workspace, agreed(), now=MARCH.astimezone(tokyo)).time == "2031-03-14T09:30:00+00:00"


def test_a_change_is_a_new_version_and_the_old_one_stays(workspace):
    first = locking.lock(workspace, agreed(), now=MARCH)
    content = path(workspace, 1).read_bytes()
    second = locking.lock(workspace, agreed(least_gain=0.02), now=APRIL)
    assert locking.history(workspace, AGREED["dataset"]) == [first, second]
    assert second.version == 2 and second.digest != first.digest and path(workspace, 1).read_bytes() == content


def test_the_same_criteria_once_more_make_no_new_version(workspace):
    first = locking.lock(workspace, agreed(), now=MARCH)
    assert locking.lock(workspace, agreed(), now=APRIL) == first
    locking.lock(workspace, agreed(stage=2), now=APRIL)
    assert locking.lock(workspace, agreed(), now=APRIL).version == 3, "going back is a change too"


def test_two_who_lock_at_once_get_a_version_each(workspace):
    people = [agreed(people=(f"person {i}",)) for i in range(6)]
    threads = [threading.Thread(target=locking.lock, args=(workspace, one)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = locking.history(workspace, AGREED["dataset"])
    assert [one.version for one in found] == [1, 2, 3, 4, 5, 6] and all(one.intact for one in found)
    assert {one.criteria for one in found} == set(people)


def test_datasets_have_criteria_of_their_own(workspace):
    locking.lock(workspace, agreed())
    assert locking.current(workspace, "e" * 16) is None
    for odd in ("", "..", "../prices", "a/b"):
        with pytest.raises(ValueError, match="dataset"):
            locking.history(workspace, odd)


def test_it_is_known_whether_results_could_be_seen(workspace, dataset):
    terms = default_criteria(dataset) | {"people": ("A",)}
    create(workspace, config(dataset, "kdmcse"))
    first = locking.lock(workspace, Criteria(**terms), now=MARCH)
    assert first.seen == () and not first.to_dict()["after_results"]
    run = evaluated(workspace, dataset, config(dataset, "kdmcse"), 0.7)
    second = locking.lock(workspace, Criteria(**terms | {"least_gain": 0.1}), now=APRIL)
    assert second.seen == (run.id,) and locking.history(workspace, dataset.fingerprint)[0] == first
    assert second.to_dict()["after_results"]


def test_a_first_agreement_after_results_is_said_to_be_one(workspace, dataset):
    complete(workspace, dataset, seeds=(0,))
    for file in (workspace.contracts / dataset.fingerprint).glob("*.json"):
        file.unlink()
    late = locking.lock(workspace, Criteria(**default_criteria(dataset) | {"people": ("A",)}))
    assert len(late.seen) == 4


# KPIs came when criteria were locked already

BEFORE_KPIS = """{"version": 1, "locked": "2031-03-14T09:30:00+00:00", "before": null, "runs_with_results": [], "contract": {"dataset":
"dddddddddddddddd", "stage": 1, "baseline": "baseline", "primary": "sts_spearman", "further": [], "least_gain": 0.0, "least_saving": null,
"most_hours": null, "most_money": null, "currency": null, "stop_below": 0.01, "stop_date": null, "least_pairs": 100, "least_seeds": 3,
"least_annotators": 0, "least_kappa": null, "no_leaks": true, "people": [{"name": "Aiko Mori", "role": ""}]}, "digest":
"8e196c02ef3be5abbb053aac398d72b07d794672932c4673fd844f6e010f7203"}"""
"""As it was stored by the version before."""


def test_a_version_from_before_there_were_kpis_is_intact_and_equal_to_the_same_criteria_now(workspace):
    path(workspace, 1).parent.mkdir(parents=True)
    path(workspace, 1).write_text(BEFORE_KPIS)
    (before,) = locking.history(workspace, AGREED["dataset"])
    assert before.intact and before.criteria == agreed() and before.criteria.kpis == ()
    assert locking.lock(workspace, agreed(), now=APRIL) == before, "the same criteria make no new version"
    assert json.loads(json.dumps(agreed().to_dict())) == json.loads(BEFORE_KPIS)["contract"]


def test_kpis_are_locked_with_the_digest(workspace):
    kpi = {"name": "Handling time", "target": 4, "direction": "at_most", "unit": "min"}
    plain = locking.lock(workspace, agreed(), now=MARCH)
    locked = locking.lock(workspace, agreed(kpis=[kpi]), now=APRIL)
    assert locked.version == 2 and locked.intact and locked.criteria.kpis[0].target == 4
    assert locked.criteria.digest != plain.criteria.digest
    assert locking.lock(workspace, agreed(kpis=[kpi])) == locked
    alter(path(workspace, 2), kpis=[kpi | {"target": 9}])
    assert [one.intact for one in locking.history(workspace, AGREED["dataset"])] == [True, False]


# What may happen to a file


def alter(file, **changes) -> None:
    record = json.loads(file.read_text())
    record["contract"] |= changes
    file.write_text(json.dumps(record))


def test_a_file_that_was_altered_is_noticed_and_named(workspace):
    locking.lock(workspace, agreed(), now=MARCH)
    alter(path(workspace, 1), least_gain=0.0001)
    for language in LANGUAGES:
        with pytest.raises(UserError) as noticed:
            locking.current(workspace, AGREED["dataset"])
        assert "0001.json" in noticed.value.message(language)
    (found,) = locking.history(workspace, AGREED["dataset"])
    assert not found.intact


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b'{"contract": "x"}', b'{"contract": {}}']
)
def test_a_file_that_cannot_be_read_is_an_altered_one(workspace, content):
    locking.lock(workspace, agreed())
    path(workspace, 1).write_bytes(content)
    (found,) = locking.history(workspace, AGREED["dataset"])
    assert not found.intact and found.criteria is None and json.dumps(found.to_dict())


@pytest.mark.parametrize("name", ["version", "locked", "before", "runs_with_results", "digest"])
def test_every_fact_beside_the_criteria_is_sealed_too(workspace, name):
    locking.lock(workspace, agreed(), now=MARCH)
    locking.lock(workspace, agreed(stage=2), now=APRIL)
    record = json.loads(path(workspace, 2).read_text())
    other = {
        "version": 3,
        "locked": "2031-03-15T09:30:00+00:00",
        "before": "",
        "runs_with_results": ["x"],
        "digest": "0" * 64,
    }
    path(workspace, 2).write_text(json.dumps(record | {name: other[name]}))
    assert [one.intact for one in locking.history(workspace, AGREED["dataset"])] == [True, False]


def test_a_new_digest_of_an_old_version_does_not_fit_what_the_next_one_remembers(workspace):
    locking.lock(workspace, agreed(), now=MARCH)
    locking.lock(workspace, agreed(stage=2), now=APRIL)
    alter(path(workspace, 1), least_gain=0.5)
    record = json.loads(path(workspace, 1).read_text())
    path(workspace, 1).write_text(json.dumps(record | {"digest": locking._digest(record)}))
    assert [one.intact for one in locking.history(workspace, AGREED["dataset"])] == [False, True]


def test_a_version_that_was_taken_away_is_missed(workspace):
    for stage in (1, 2, 3):
        locking.lock(workspace, agreed(stage=stage))
    path(workspace, 2).unlink()
    found = locking.history(workspace, AGREED["dataset"])
    assert [one.intact for one in found] == [True, False, True] and found[1].criteria is None
    assert locking.current(workspace, AGREED["dataset"]).version == 3


def test_after_an_altered_file_one_can_agree_anew_and_the_file_stays(workspace):
    locking.lock(workspace, agreed())
    alter(path(workspace, 1), least_gain=0.5)
    content = path(workspace, 1).read_bytes()
    anew = locking.lock(workspace, agreed())
    assert anew.version == 2 and locking.current(workspace, AGREED["dataset"]) == anew
    assert path(workspace, 1).read_bytes() == content
    assert [one.intact for one in locking.history(workspace, AGREED["dataset"])] == [False, True]
