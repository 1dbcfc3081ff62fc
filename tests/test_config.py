"""Settings are checked at birth, have a unit each, and equal settings are the same run."""

import ast
import dataclasses
import errno
import inspect
import math
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from kdmcse.config import (
    AUTO,
    BASELINE,
    METHODS,
    WITHOUT_TEACHER,
    Config,
    RunConfig,
    TrainingConfig,
    as_decimal,
    read_toml,
)
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES, plain_text
from kdmcse.training.reproduction.settings import PUBLISHED
from kdmcse.validation import Currency, checked, fitting, within

SETTINGS = [field.name for field in dataclasses.fields(TrainingConfig)]
LATER = {field.name for field in dataclasses.fields(TrainingConfig) if "later" in field.metadata}
WHOLE = [name for name in SETTINGS if isinstance(getattr(TrainingConfig(), name), int)]
RANGES = {
    "epochs": (1, 1000),
    "batch_size": (2, 16384),
    "learning_rate": (1e-12, 1),
    "warmup_share": (0, 1),
    "weight_decay": (0, 1),
    "max_length": (4, 8192),
    "projection_width": (2, 8192),
    "temperature": (1e-6, 10),
    "cross_modal_temperature": (1e-6, 10),
    "cross_modal_weight": (0, 1000),
    "sentence_margin_radians": (0, math.pi),
    "cross_modal_margin_radians": (0, math.pi),
    "false_negative_cosine": (-1, 1),
    "guide_margin": (-2, 2),
    "ranking": ("listmle", "listnet"),
    "ranking_temperature": (1e-6, 10),
    "ranking_weight": (0, 1000),
    "teacher_length": ("unit", "kept"),
    "max_gradient_norm": (0, 1000),
    "pooling": ("own", "cls", "mean"),
    "mixing": ("shuffled", "published"),
    "precision": ("auto", "float32", "bfloat16"),
    "evaluation_steps": (0, 10**9),
    "data_share": (1e-6, 1),
    "optimizer": ("torch", "transformers"),
    "head_initialisation": ("uniform", "normal"),
    "last_batch": ("left_out", "shorter"),
    "share_steps": ("part", "whole"),
    "texts": ("auto", "mixed", "left_out"),
    "prompt": ("own", "none", "e5", "ruri"),
    "teacher_centring": ("off", "modality"),
    "margin_adaptation": ("cosine", "rank"),
    "false_discovery_rate": (1e-6, 1),
    "batches": ("random", "distinct", "dense"),
    "hard_negative_share": (1e-6, 1),
}
"""The least and the greatest value that each setting takes, or all its words."""
WORDS = [name for name, ends in RANGES.items() if isinstance(ends[0], str)]


def run_config(**changes) -> RunConfig:
    given = {"dataset": "d1", "method": "kdmcse", "student": "small", "teacher": "clip"} | changes
    return RunConfig(**given)


def another(name: str) -> object:
    """A good value of the setting that is not its default."""
    low, high = RANGES[name][:2]
    return low if getattr(TrainingConfig(), name) != low else high


def test_every_setting_has_a_range_here():
    assert list(RANGES) == SETTINGS


def refused(**settings) -> UserError | None:
    """Why these settings are no settings; None where they are."""
    try:
        TrainingConfig(**settings)
    except UserError as error:
        return error
    return None


def test_the_ends_of_a_range_are_good():
    ends = [(name, value) for name in SETTINGS for value in RANGES[name]]
    assert [
        end for end in ends if refused(**dict([end])) or getattr(TrainingConfig(**dict([end])), end[0]) != end[1]
    ] == []


def test_what_is_outside_the_range_is_refused_by_name_and_value():
    outside = []
    for name in set(SETTINGS) - set(WORDS):
        (low, high), step = RANGES[name], 1 if name in WHOLE else 0.001
        outside += [(name, low - step), (name, high + step)]
    for name, value in outside:
        error = refused(**{name: value})
        assert error and error.fields["field"] == name, (name, value)
        for language in LANGUAGES:
            assert name in error.message(language) and str(value) in error.message(language), (name, value)


def test_a_word_that_a_setting_does_not_know_is_refused_with_the_words_it_knows():
    for name in WORDS:
        error = refused(**{name: "other"})
        assert error and (error.code, error.fields["field"]) == ("setting_not_a_choice", name)
        for language in LANGUAGES:
            assert all(word in error.hint(language) for word in RANGES[name]), name


def test_zero_is_refused_where_it_would_divide_or_do_nothing():
    for name in (
        "learning_rate",
        "temperature",
        "cross_modal_temperature",
        "ranking_temperature",
        "data_share",
        "false_discovery_rate",
        "hard_negative_share",
    ):
        assert refused(**{name: 0.0}), name


def test_what_is_no_finite_number_is_refused_by_name():
    for value in (math.nan, math.inf, -math.inf, None, True, "ten", [1], {}):
        errors = {name: refused(**{name: value}) for name in SETTINGS}
        assert [name for name, error in errors.items() if not error or error.fields["field"] != name] == [], value


def test_a_count_must_be_whole():
    assert {name: refused(**{name: 8.0}).code for name in WHOLE} == dict.fromkeys(WHOLE, "setting_not_whole")


def test_a_setting_may_be_given_by_its_place_and_is_refused_by_its_name():
    assert TrainingConfig(2, 32) == TrainingConfig(epochs=2, batch_size=32)
    with pytest.raises(UserError) as refused:
        TrainingConfig(2, 1)
    assert refused.value.fields == {"field": "batch_size", "value": 1, "low": 2, "high": 16384}


def test_an_argument_that_is_missing_or_unknown_is_a_fault_of_the_program():
    @checked
    class Needed(Config):
        least: Annotated[float, Field(ge=0, le=1)]

    for given in ({}, {"least": 1, "most": 2}):
        with pytest.raises(TypeError):
            Needed(**given)
    with pytest.raises(TypeError):
        Needed(1, 2)
    assert Needed(1).least == 1.0 and isinstance(Needed(1).least, float)


def test_a_currency_is_known_by_its_code():
    assert fitting(Currency, "currency", "JPY") == "JPY"
    for value in ("", "jpy", "XX", None, 1, ["JPY"]):
        with pytest.raises(UserError) as refused:
            fitting(Currency, "prices/currency", value)
        assert (refused.value.code, refused.value.fields["field"]) == ("currency_unknown", "prices/currency")


def test_a_whole_number_becomes_a_decimal_and_nothing_else_does():
    assert [repr(as_decimal(value)) for value in (1, 1.5, True, "1", None)] == ["1.0", "1.5", "True", "'1'", "None"]


def test_the_filter_is_a_number_or_auto_or_off():
    assert TrainingConfig().false_negative_cosine == AUTO
    assert TrainingConfig(false_negative_cosine="off").false_negative_cosine == "off"
    assert TrainingConfig(false_negative_cosine=0.3).false_negative_cosine == 0.3
    for value in (None, "none", "Auto", ""):
        with pytest.raises(UserError) as caught:
            TrainingConfig(false_negative_cosine=value)
        assert caught.value.fields["field"] == "false_negative_cosine"


def test_nothing_can_be_changed_after_birth():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().epochs = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        run_config().seed = 3


def test_an_unknown_setting_is_named_and_the_known_ones_are_listed():
    with pytest.raises(UserError) as caught:
        TrainingConfig.from_dict({"epochs": 2, "lbd": 0.1})
    assert caught.value.code == "unknown_setting"
    for language in LANGUAGES:
        assert "lbd" in caught.value.message(language)
        assert all(name in caught.value.hint(language) for name in SETTINGS)


# TOML


def toml(tmp_path, content: str | bytes):
    path = tmp_path / "training.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_settings_are_read_from_toml(tmp_path):
    found = TrainingConfig.from_toml(toml(tmp_path, 'epochs = 3\nfalse_negative_cosine = "off"\n'))
    assert found == TrainingConfig(epochs=3, false_negative_cosine="off")


def test_a_byte_order_mark_from_a_windows_editor_does_no_harm(tmp_path):
    assert TrainingConfig.from_toml(toml(tmp_path, b"\xef\xbb\xbfepochs = 3\r\n")).epochs == 3


def test_an_empty_file_means_the_defaults(tmp_path):
    assert TrainingConfig.from_toml(toml(tmp_path, "")) == TrainingConfig()


def test_a_date_of_toml_s_own_is_as_good_as_its_text(tmp_path):
    path = toml(
        tmp_path, 'quoted = "2026-12-01"\nown = 2026-12-01\n[inner]\neach = [2026-12-01, 2026-12-02T10:00:00]\n'
    )
    assert read_toml(path) == {
        "quoted": "2026-12-01",
        "own": "2026-12-01",
        "inner": {"each": ["2026-12-01", "2026-12-02T10:00:00"]},
    }


@pytest.mark.parametrize(
    "content",
    ["epochs = ", "epochs: 3", "epochs = 3\nepochs = 4", '{"epochs": 3}', "# 学習".encode("cp932"), b"\xff\xfee\0"],
    ids=["cut short", "YAML", "twice", "JSON", "CP932", "UTF-16"],
)
def test_a_file_that_is_no_toml_is_refused_by_name_and_a_line_is_named_where_there_is_one(tmp_path, content):
    path = toml(tmp_path, content)
    with pytest.raises(UserError) as caught:
        TrainingConfig.from_toml(path)
    assert caught.value.code == ("toml_not_utf8" if isinstance(content, bytes) else "toml_unreadable")
    assert isinstance(content, bytes) or "(at " in caught.value.message()
    assert all(str(path) in caught.value.message(language) for language in LANGUAGES)


def test_a_missing_file_a_folder_and_what_cannot_be_opened_are_refused_by_name_and_for_their_own_reason(
    tmp_path, monkeypatch
):
    refused = {tmp_path / "none.toml": "file_missing", toml(tmp_path, "") / "inner.toml": "file_missing"}
    for path, code in (refused | {tmp_path: "file_is_folder"}).items():
        with pytest.raises(UserError) as caught:
            TrainingConfig.from_toml(path)
        assert caught.value.code == code
        assert all(str(path) in caught.value.message(language) for language in LANGUAGES)

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(UserError, match="Permission denied") as caught:
        TrainingConfig.from_toml(toml(tmp_path, ""))
    assert caught.value.code == "file_unreadable" and "line" not in caught.value.hint()


def test_a_number_in_quotes_is_called_a_text_and_told_what_is_allowed(tmp_path):
    said = {}
    for line in ('epochs = "1"', 'temperature = "0.1"', 'weight_decay = "0"', 'false_negative_cosine = "0.3"'):
        with pytest.raises(UserError) as caught:
            TrainingConfig.from_toml(toml(tmp_path, line))
        assert caught.value.code == "setting_is_text"
        said[line] = caught.value
    en, ja = ([plain_text(one.message(language)) for one in said.values()] for language in ("en", "ja"))
    assert en == [
        "epochs is “1”, a text in quotes, but must be a whole number from 1 to 1000.",
        "temperature is “0.1”, a text in quotes, but must be a number above 0, at most 10.",
        "weight_decay is “0”, a text in quotes, but must be a number from 0 to 1.",
        "false_negative_cosine is “0.3”, a text in quotes, but must be a number from -1 to 1, or one of the words: auto, null, off.",
    ]
    assert "1〜1000の整数" in ja[0] and "0より大きく10以下" in ja[1]


def test_a_whole_number_with_a_decimal_point_is_told_as_written_and_one_that_is_too_large_by_its_range(tmp_path):
    said = {}
    for value in ("8.0", "1.5", "1e9", "1000000000", "true"):
        with pytest.raises(UserError) as caught:
            TrainingConfig.from_toml(toml(tmp_path, f"epochs = {value}"))
        said[value] = caught.value
    codes = ["setting_not_whole"] * 2 + ["setting_out_of_range"] * 2 + ["setting_not_whole"]
    assert [error.code for error in said.values()] == codes
    assert plain_text(said["8.0"].message()) == "epochs is 8.0, but must be a whole number from 1 to 1000."
    assert "decimal point" in said["8.0"].hint() and "小数点" in said["8.0"].hint("ja")
    assert plain_text(said["1e9"].message()) == "epochs is 1000000000, outside its range 1 to 1000."


@pytest.mark.parametrize("value", [0, 0.0, -1, 1.5])
def test_a_range_without_its_lower_end_says_so(value):
    for error in (refused(data_share=value), within_refused(value)):
        assert error.code == "setting_not_above"
        assert f"is {value:g}, but must be above 0 and at most 1." in error.message() and "0 itself" in error.hint()
        assert "0より大きく1以下" in error.message("ja") and "0は含みません" in error.hint("ja")
    closed = refused(warmup_share=value - 2)
    assert closed.code == "setting_out_of_range", "its ends are allowed"


def within_refused(value: float) -> UserError:
    with pytest.raises(UserError) as caught:
        within("share", value, gt=0, le=1)
    return caught.value


# Digests: what is the same run


def test_the_digest_differs_when_a_setting_does():
    for name in SETTINGS:
        changed = TrainingConfig(**{name: another(name)})
        assert changed.digest != TrainingConfig().digest, name
        assert run_config(training=changed).digest != run_config().digest, name


@pytest.mark.parametrize(
    "change", [{"dataset": "d2"}, {"method": "mcse"}, {"student": "other"}, {"teacher": "other"}, {"seed": 1}], ids=str
)
def test_the_digest_of_a_run_differs_when_a_field_does(change):
    assert run_config(**change).digest != run_config().digest


def test_runs_of_before_a_setting_came_stay_what_they_were():
    """Digests as they were before `data_share`: folders of runs are named by them."""
    published = dataclasses.replace(PUBLISHED, **{name: getattr(TrainingConfig(), name) for name in LATER})
    assert TrainingConfig().digest == "701321f7f69a" and published.digest == "daf8c58f06a8"
    assert run_config().digest == "5a3bc9aa3e05" and run_config().recipe == "c858d9fd38b7"
    assert run_config(seed=3, training=published).digest == "bf4936331e2f"
    before = {name: value for name, value in run_config().to_dict()["training"].items() if name not in LATER}
    assert run_config(training=before) == run_config()


def test_what_tells_configs_apart_is_every_field_but_a_later_one_at_its_default():
    assert set(TrainingConfig().identity) == {*SETTINGS} - LATER
    assert set(TrainingConfig(data_share=0.5).identity) == {*SETTINGS} - LATER | {"data_share"}
    assert run_config().identity["training"] == TrainingConfig().identity


def test_a_whole_number_and_the_same_decimal_are_one_setting():
    """A TOML file with `weight_decay = 0` asks for the same run as the form with 0.0."""
    for name in SETTINGS:
        if name not in (*WHOLE, *WORDS):
            assert TrainingConfig(**{name: 1}).digest == TrainingConfig(**{name: 1.0}).digest, name


def test_a_config_survives_its_table():
    config = run_config(seed=7, training=TrainingConfig(epochs=2, false_negative_cosine=0.25))
    again = RunConfig.from_dict(config.to_dict())
    assert again == config and again.digest == config.digest
    assert isinstance(again.training, TrainingConfig)


# Runs


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [0, 5])
def test_runs_that_may_be_compared_have_one_recipe(method, seed):
    assert run_config(method=method, seed=seed).recipe == run_config().recipe
    assert run_config(method=method, seed=seed, training=TrainingConfig(epochs=3)).recipe != run_config().recipe


def test_methods_without_a_teacher_share_the_recipe():
    assert run_config(method="simcse", teacher=None).recipe == run_config().recipe
    assert run_config(method=BASELINE, teacher=None).recipe == run_config().recipe


@pytest.mark.parametrize(
    "change",
    [{"dataset": "d2"}, {"student": "other"}, *({"training": TrainingConfig(**{n: another(n)})} for n in SETTINGS)],
)
def test_another_student_dataset_or_setting_is_another_recipe(change):
    assert run_config(**change).recipe != run_config().recipe


def test_an_unknown_method_is_refused():
    with pytest.raises(UserError) as caught:
        run_config(method="simclr")
    assert caught.value.code == "unknown_method" and "kdmcse" in caught.value.hint()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("teacher", [None, ""])
def test_a_method_that_needs_a_teacher_says_so(method, teacher):
    if method in WITHOUT_TEACHER:
        assert run_config(method=method, teacher=teacher).teacher == teacher
        return
    with pytest.raises(UserError) as caught:
        run_config(method=method, teacher=teacher)
    assert caught.value.code == "teacher_needed" and method in caught.value.message()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, "0", None], ids=str)
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(UserError) as caught:
        run_config(seed=seed)
    assert caught.value.fields["field"] == "seed"


# Units


def test_every_setting_has_its_unit_under_it():
    body = ast.parse(inspect.getsource(TrainingConfig)).body[0].body
    units = {
        setting.target.id: text.value.value
        for setting, text in zip(body, body[1:], strict=False)
        if isinstance(setting, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }
    assert list(units) == SETTINGS
    assert all(unit.strip() for unit in units.values())


def test_automatic_use_of_sentences_without_images_is_settled_by_the_data():
    asked = TrainingConfig(texts="auto")
    assert asked.on({"texts": 3, "train": 2}).texts == "left_out"
    assert asked.on({"texts": 3, "train": 1}).texts == "mixed"
    assert asked.on({"texts": 0, "train": 9}).digest == TrainingConfig().digest, (
        "where there are none it tells nothing apart"
    )
    assert all(TrainingConfig(texts=use).on({"texts": 3, "train": 2}).texts == use for use in ("mixed", "left_out"))
