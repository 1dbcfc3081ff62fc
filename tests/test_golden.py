"""Digests and folder names never change: what was stored under one is found under it for ever. The values are those of commit 229203b."""

import dataclasses
import datetime
import hashlib
import json
from pathlib import Path

import example_poc
import small

from kdmcse import cost
from kdmcse.config import BASELINE, METHODS, WITHOUT_TEACHER, RunConfig, TrainingConfig
from kdmcse.criteria import criteria, locking
from kdmcse.engine import runs
from kdmcse.models import references, teacher_cache
from kdmcse.results import recipes
from kdmcse.roi.example import worked_example
from kdmcse.store.workspace import Workspace
from kdmcse.training.reproduction import settings

GOLDEN = json.loads((Path(__file__).parent / "golden" / "digests.json").read_text(encoding="utf-8"))
DATASET = "0123456789abcdef"
LATER = {field.name for field in dataclasses.fields(TrainingConfig) if "later" in field.metadata} - {"data_share"}
"""Settings that came after these digests were written down: at their defaults they change none."""
CHANGED = {
    "epochs": 5, "batch_size": 32, "learning_rate": 1e-4, "max_length": 48, "warmup_share": 0.2, "weight_decay": 0.1,
    "temperature": 0.1, "cross_modal_temperature": 0.2, "projection_width": 96, "cross_modal_weight": 2, "sentence_margin_radians": 0.3,
    "cross_modal_margin_radians": 0, "guide_margin": 0.1, "false_negative_cosine": 0.5, "pooling": "cls", "mixing": "published",
    "evaluation_steps": 7, "data_share": 0.5, "ranking": "listnet", "ranking_weight": 0.5, "ranking_temperature": 0.1,
    "teacher_length": "kept", "max_gradient_norm": 1,
}  # fmt: skip
"""Every setting of then once, each unlike its default."""
PUBLISHED = dataclasses.replace(settings.PUBLISHED, **{name: getattr(TrainingConfig(), name) for name in LATER})
"""The published settings as runs of before have them."""
PRICES = {
    "currency": "JPY", "false_match": 300, "missed_match": 1200.5, "monthly_volume": 20_000, "base_rate": 0.1,
    "segments": {"食器": {"false_match": 5, "missed_match": 6, "monthly_volume": 7, "base_rate": 0.5, "benefit": 1}},
    "review": {"price": 60, "accuracy": 0.97}, "today": {"threshold": 0.6, "review_threshold": 0.4}, "use_case": "document_search",
}  # fmt: skip


def run_config(method: str, **fields) -> RunConfig:
    teacher = None if method in WITHOUT_TEACHER else "ViT-B-32/laion2b_s34b_b79k"
    return RunConfig(DATASET, method, "cl-nagoya/sup-simcse-ja-base", teacher, **fields)


def folder_of_run(workspace: Workspace, config: RunConfig) -> str:
    return runs.create(workspace, config).id


def digest_of(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def locked_twice(workspace: Workspace) -> list[str]:
    """Digests of two versions of success criteria, the second of which remembers the first."""
    terms = {
        "dataset": DATASET, "stage": 1, "baseline": "baseline", "primary": "sts_spearman", "further": ("caption_to_caption_ndcg_at_10",),
        "least_gain": 0, "least_saving": None, "most_hours": None, "most_money": None, "currency": None, "stop_below": 0.01, "stop_date": None,
        "least_pairs": 100, "least_seeds": 3, "least_annotators": 0, "least_kappa": None, "no_leaks": True, "people": ("Aiko Mori",),
    }  # fmt: skip
    later = terms | {
        "least_gain": 0.02,
        "most_money": 10**6,
        "currency": "JPY",
        "people": ({"name": "森 健太", "role": "品質"},),
    }
    for day, agreed in ((2, terms), (20, later)):
        now = datetime.datetime(2026, 11, day, 9, tzinfo=datetime.UTC)
        locking.lock(workspace, criteria.Criteria(**agreed), now=now)
    return [locked.digest for locked in locking.history(workspace, DATASET)]


def recipe_ids(workspace: Workspace) -> list[str]:
    """Of the ladder with two teachers and two trainings."""
    configs = [run_config(method) for method in ("simcse", "mcse", "kdmcse")]
    configs.append(dataclasses.replace(configs[-1], teacher="another/teacher"))
    configs.append(dataclasses.replace(configs[-1], training=TrainingConfig(epochs=1)))
    return list(recipes.grouped([runs.create(workspace, config) for config in configs]))


def digests(workspace: Workspace) -> dict:
    scenario = worked_example().scenario
    ranged = dataclasses.replace(
        scenario,
        ranges={"yearly_rate": (0, 0.2)},
        today={"process": "people", "price_per_decision": 40, "accuracy": 0.95},
    )
    shop = example_poc.import_example(workspace, workspace.path / "shop", segments=("kitchen", "living"))
    pilot = small.dataset(workspace)
    (workspace.path / "model").mkdir()
    (workspace.path / "model" / "config.json").write_text("{}", encoding="utf-8")
    keys = (*teacher_cache.content_keys("image", ["0" * 64]), *teacher_cache.content_keys("text", ["赤いマグカップ"]))
    return {
        "training": TrainingConfig().digest,
        "training, all else": TrainingConfig(**CHANGED).digest,
        "training, published": PUBLISHED.digest,
        "runs": {method: folder_of_run(workspace, run_config(method)) for method in (BASELINE, *METHODS)},
        "run, all else": folder_of_run(workspace, run_config("kdmcse", seed=3, training=TrainingConfig(**CHANGED))),
        "recipe": run_config("kdmcse", seed=1).recipe,
        "recipe, published": run_config("mcse", training=PUBLISHED).recipe,
        "recipes": recipe_ids(workspace),
        "criteria": locked_twice(workspace),
        "scenario": scenario.digest,
        "scenario, ranged": ranged.digest,
        "scenario, stored": digest_of(scenario.to_dict()),
        "prices": cost.Prices.from_dict(PRICES).digest,
        "prices, stored": digest_of(cost.Prices.from_dict(PRICES).to_dict()),
        "datasets": [shop.fingerprint, pilot.fingerprint],
        "model folder": references.digest(str(workspace.path / "model"), "teacher", 1),
        "model on the hub": references.digest("hf-hub:organisation/name", "teacher", 1),
        "teacher's vectors": [bytes(key).hex() for key in keys],
    }


def test_digests_are_what_they_always_were(tmp_path):
    assert digests(Workspace(tmp_path)) == GOLDEN


def test_every_setting_is_among_them_with_another_value_than_its_default():
    assert CHANGED.keys() == {field.name for field in dataclasses.fields(TrainingConfig)} - LATER
    assert not [name for name, value in CHANGED.items() if value == getattr(TrainingConfig(), name)]
