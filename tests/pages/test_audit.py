"""The page of an audit: asks for it, shows how far it is, answers in one sentence, and takes judgements of wrong pairs."""

import dataclasses
import shutil

import pytest
import small
from pages_under_test import CANARY, open_page, shown

from dashboard.widgets.text import plain
from kdmcse import audit, i18n
from kdmcse.config import TrainingConfig
from kdmcse.data import import_dataset
from kdmcse.engine.background_job import BackgroundJob
from kdmcse.errors import UserError
from kdmcse.i18n import Locale
from kdmcse.presentation import audit as texts
from kdmcse.store.files import write_json
from kdmcse.store.workspace import Workspace

SETTINGS = TrainingConfig(batch_size=8)


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A workspace, its dataset and the audit that is kept in it."""
    workspace = Workspace(tmp_path_factory.mktemp("audited") / "workspace")
    dataset = small.dataset(workspace)
    models = {"teacher": small.teacher(), "student": small.student()}
    found = audit.measure(workspace, dataset, **models, training=SETTINGS)
    audit.keep(audit.folder_of(workspace, dataset.fingerprint, *models.values(), SETTINGS), found)
    return workspace, dataset, found


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_first_thing_it_says_is_whether_the_teacher_has_anything_to_teach(audited, language, monkeypatch):
    workspace, dataset, found = audited
    app = open_page(workspace.path, "audit", language, monkeypatch)
    told, t = shown(app), Locale(language)
    assert not app.exception
    assert texts.headline(t, found) in told
    assert any(texts.kdmcse_sentence(t, found) in text for text in told)
    notes = texts.agreement_notes(t, found)
    assert notes and {*map(plain, notes)} <= {*told}
    assert [len(frame.value) for frame in app.table] == [1, 4, 4, 4, 5]
    assert list(app.table[4].value.iloc[:, 0]) == [plain(t(f"audit.filter.{one.name}")) for one in found.space.filters]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_centred_vectors_are_held_against_no_reference_and_the_cards_say_whose_numbers_they_are(
    audited, language, monkeypatch
):
    t = Locale(language)
    app = open_page(audited[0].path, "audit", language, monkeypatch, space="centred")
    density = next(one.value for one in app.table if t("audit.density.median") in one.value.columns)
    assert list(density.iloc[:, 0]) == [plain(t("audit.density.here"))]
    notes = [t(f"page_audit.card.{name}", back="", count=0) for name in ("found_note", "density_note")]
    assert all({"en": "original vectors", "ja": "教師モデルのまま"}[language] in note for note in notes)


def test_what_nobody_opened_is_not_sent(audited, monkeypatch):
    app = open_page(audited[0].path, "audit", "en", monkeypatch, folded=("audit_judging", "audit_again"))
    keys = {one.key for one in app.button}
    assert not keys & {"start_audit", "audit_yes", "audit_undo"}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_it_is_told_that_what_was_checked_is_there_no_more(audited, language, tmp_path, monkeypatch):
    _, dataset, found = audited
    workspace = Workspace(tmp_path / "workspace")
    small.dataset(workspace)
    gone = dataclasses.replace(found, teacher="/gone/teacher")
    audit.keep(audit.folder_of(workspace, dataset.fingerprint, gone.teacher, gone.student, SETTINGS), gone)
    app, t = open_page(workspace.path, "audit", language, monkeypatch), Locale(language)
    said = plain(t("page_audit.outdated.teacher", model=gone.teacher))
    assert not app.exception and said in shown(app)
    assert not [one for one in open_page(audited[0].path, "audit", language, monkeypatch).warning]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_before_a_teacher_was_looked_at_it_asks_for_one(language, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    small.dataset(workspace)
    app = open_page(workspace.path, "audit", language, monkeypatch)
    assert not app.exception and Locale(language)("page_audit.unknown") in shown(app)
    assert app.button(key="start_audit")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_without_pairs_there_is_nothing_to_check_and_the_way_leads_to_the_data(language, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    import_dataset(workspace, name="decisions", decisions=small.pilot(tmp_path / "files")["decisions"])
    app = open_page(workspace.path, "audit", language, monkeypatch)
    assert not app.exception and UserError("no_training_pairs", dataset="decisions").hint(language) in shown(app)
    assert "start_audit" not in {one.key for one in app.button}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_of_pairs_without_images_only_vectors_are_asked_for(language, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    import_dataset(workspace, name="names", pairs=small.pilot(tmp_path / "files")["pairs"])
    app = open_page(workspace.path, "audit", language, monkeypatch)
    told, t = shown(app), Locale(language)
    assert not app.exception and t("page_training.teacher_unseen") in told
    assert entered(app, "selectbox", "teacher").options == [t("page_training.other_model")]


def entered(app, kind: str, name: str):
    """The input of the form with this name, whose key names the version of the draft too."""
    return next(one for one in getattr(app, kind) if one.key.startswith(f"{name}_"))


def type_model(app, role: str, reference: str) -> None:
    """Choose another model than those that are listed."""
    entered(app, "selectbox", role).set_value("other").run()
    entered(app, "text_input", f"{role}_name").set_value(reference).run()


def test_what_cannot_be_looked_at_is_refused_at_once_and_names_the_model(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    small.dataset(workspace)
    app = open_page(workspace.path, "audit", "en", monkeypatch)
    type_model(app, "teacher", "/no/such/teacher")
    type_model(app, "student", small.student())
    app.button(key="start_audit").click().run()
    assert not app.exception and "/no/such/teacher" in app.error[0].value.replace("\\", "")
    assert not workspace.audits.exists()


def test_people_judge_wrong_pairs_and_take_it_back(audited, monkeypatch):
    workspace, dataset, found = audited
    app = open_page(workspace.path, "audit", "en", monkeypatch, judge="Aiko")
    one, t = found.space.filters[0], Locale("en")
    first = audit.to_judge(one, {}, "Aiko")[0]
    app.button(key="audit_yes").click().run()
    assert audit.said_by(workspace, dataset, "Aiko") == {first.id: True}
    app.button(key="audit_undo").click().run()
    assert audit.said_by(workspace, dataset, "Aiko") == {}
    for number in range(3):
        app.button(key="audit_no" if number else "audit_yes").click().run()
    assert not app.exception and len(audit.said_by(workspace, dataset, "Aiko")) == 3
    told = shown(open_page(workspace.path, "audit", "en", monkeypatch, folded=("audit_judging",)))
    judged = audit.judged(one, audit.judgements(workspace, dataset))
    assert all(sentence in told for sentence in texts.judged_sentences(t, judged))


def test_what_is_chosen_outlives_a_reload(audited, monkeypatch, tmp_path):
    workspace, dataset, found = audited
    shutil.copytree(workspace.path, tmp_path / "two")
    two = Workspace(tmp_path / "two")
    older = dataclasses.replace(found, teacher="/teachers/older", time="2020-01-01T00:00:00+00:00")
    audit.keep(audit.folder_of(two, dataset.fingerprint, older.teacher, older.student, SETTINGS), older)
    app = open_page(two.path, "audit", "en", monkeypatch)

    def choice(app, name):
        return next(one for one in (*app.selectbox, *app.radio) if one.key.startswith(f"{name}_"))

    choices = {"audit": older.id, "space": "centred", "filter": "null"}
    for name, value in choices.items():
        choice(app, name).set_value(value).run()
    again = open_page(two.path, "audit", "en", monkeypatch, **_address(app))
    assert {name: choice(again, name).value for name in choices} == choices


def test_the_models_of_a_form_are_there_in_another_visit_and_language_and_for_the_training(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    small.dataset(workspace)
    app = open_page(workspace.path, "audit", "en", monkeypatch)
    type_model(app, "teacher", "/my/teacher")
    student = "distilbert/distilbert-base-uncased"
    entered(app, "selectbox", "student").set_value(student).run()
    for page in ("audit", "training"):
        for language in i18n.LANGUAGES:
            again = open_page(workspace.path, page, language, monkeypatch)
            assert entered(again, "text_input", "teacher_name").value == "/my/teacher"
            assert entered(again, "selectbox", "student").value == student


def test_models_are_proposed_by_the_language_of_the_data_and_not_of_the_page(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    small.dataset(workspace)
    first = {
        entered(open_page(workspace.path, "audit", language, monkeypatch), "selectbox", "student").value
        for language in i18n.LANGUAGES
    }
    assert first == {"sentence-transformers/all-MiniLM-L6-v2"}, "its captions are English"


def test_another_dataset_has_audits_of_its_own(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    first = small.dataset(workspace)
    import_dataset(workspace, name="names", pairs=small.pilot(tmp_path / "files")["pairs"])
    app = open_page(workspace.path, "audit", "en", monkeypatch, audit="0123456789ab")
    next(one for one in app.selectbox if one.key.startswith("dataset_")).set_value(first.fingerprint).run()
    assert "audit" not in app.query_params


def _address(app) -> dict[str, str]:
    """What the browser's address holds, as a reload asks for it."""
    values = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    return {name: value for name, value in values.items() if name != "lang"}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_why_an_audit_failed_is_said(language, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    dataset = small.dataset(workspace)
    folder = workspace.audits / dataset.fingerprint / "0123456789ab"
    folder.mkdir(parents=True)
    write_json(folder / "asked.json", {"time": 0})
    write_json(folder / "outcome.json", {"status": "failed", "error": None})
    assert BackgroundJob(folder).status() == "failed"
    app = open_page(workspace.path, "audit", language, monkeypatch)
    assert not app.exception and str(folder / "log.txt").replace(".", "") in app.error[0].value.replace(
        "\\", ""
    ).replace(".", "")


def test_captions_are_never_markup(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    files = small.pilot(tmp_path / "files")
    lines = files["pairs"].read_text().splitlines()
    files["pairs"].write_text("\n".join([line.replace("red mug", CANARY) for line in lines]))
    from kdmcse import data

    dataset = data.import_dataset(workspace, name="canary", **files)
    models = {"teacher": small.teacher(), "student": small.student()}
    found = audit.measure(workspace, dataset, **models, training=SETTINGS)
    audit.keep(audit.folder_of(workspace, dataset.fingerprint, *models.values(), SETTINGS), found)
    app = open_page(workspace.path, "audit", "en", monkeypatch)
    assert not app.exception
    assert not [one for one in app.markdown if CANARY in one.value] and not [
        c for c in app.caption if CANARY in c.value
    ]


def test_how_right_the_filter_is_stays_hidden_from_who_is_judging(audited, monkeypatch):
    workspace, dataset, found = audited
    one, t = found.space.filters[0], Locale("en")
    audit.judge(workspace, dataset, "Ken", audit.to_judge(one, {}, "Ken")[0].id, True)
    sentences = texts.judged_sentences(t, audit.judged(one, audit.judgements(workspace, dataset)))
    for closed in ((), ("audit_judging",)):
        told = shown(open_page(workspace.path, "audit", "en", monkeypatch, folded=closed, judge="Ken"))
        assert sentences and not {*sentences} & {*told}, "a count that moved would tell what the filter did"
        assert t("page_audit.desk.yes") in told, "after a reload too the judging goes on"
    told = shown(open_page(workspace.path, "audit", "en", monkeypatch, folded=("audit_judging",)))
    assert {*sentences} <= {*told}, "to those who do not judge"
    for negative in (*one.removed, *one.kept):
        audit.judge(workspace, dataset, "Ken", negative.id, True)
    sentences = texts.judged_sentences(t, audit.judged(one, audit.judgements(workspace, dataset)))
    told = shown(open_page(workspace.path, "audit", "en", monkeypatch, judge="Ken"))
    assert {*sentences} <= {*told}
