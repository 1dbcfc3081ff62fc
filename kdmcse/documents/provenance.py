"""Who was compared with what, when, with which software: what a reader needs to measure it again."""

import datetime
import importlib.metadata
import platform
from pathlib import Path, PureWindowsPath

from kdmcse.config import BASELINE, HEEDED_BY, SETTING_GROUPS, TEXT_TEACHER
from kdmcse.i18n import MISSING, Locale
from kdmcse.presentation.settings import setting_name, setting_value
from kdmcse.results.results import Results

SOFTWARE = ("kdmcse", "sentence-transformers", "transformers", "torch", "open-clip-torch", "mteb")


def provenance_rows(t: Locale, results: Results) -> list[tuple[str, str]]:
    """Models, seeds, recipe, dataset, days, devices and software, each with its label."""
    recipe, rows = results.recipe, []
    if recipe:
        rows += [("student", model_name(recipe.student)), ("teacher", model_name(recipe.teacher or MISSING))]
        if text := [run.config.teacher for run in results.compared if run.config.method in TEXT_TEACHER]:
            rows.append(("text_teacher", model_name(text[0])))
        seeds = sorted({run.config.seed for run in results.compared if run.config.method != BASELINE})
        rows += [("seeds", t.list(seeds)), ("recipe", recipe.id)]
    rows.append(("dataset", results.dataset.fingerprint))
    times = [request["time"] for run in results.compared if (request := run.request())]
    if times:
        first, last = (t.date(datetime.datetime.fromtimestamp(time).date()) for time in (min(times), max(times)))
        rows.append(("asked", first if first == last else t("report.range", low=first, high=last)))
    if devices := {run.device for run in results.evaluated if run.device}:
        rows.append(("device", t.list(sorted(devices))))
    rows.append(("software", t.list(_versions())))
    return [(t(f"report.fact.{name}"), value) for name, value in rows]


def setting_rows(t: Locale, results: Results) -> list[tuple[str, str]]:
    """The settings of the recipe, without those of methods that nobody asked for."""
    if not results.recipe:
        return []
    unheeded = {group for group, methods in HEEDED_BY.items() if not {*methods} & {*results.asked}}
    names = [name for group, names in SETTING_GROUPS.items() if group not in unheeded for name in names]
    return [(setting_name(t, name), setting_value(t, getattr(results.recipe.training, name))) for name in names]


def model_name(reference: str) -> str:
    """A model's name; of a folder only its own name, since a report leaves the house."""
    kind, separator, path = reference.rpartition(":")
    if Path(path).is_absolute() or (separator and Path(path).exists()) or "\\" in path:
        return f"{kind}{separator}{PureWindowsPath(path).name}"
    return reference


def _versions() -> list[str]:
    versions = [f"Python {platform.python_version()}"]
    for name in SOFTWARE:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
