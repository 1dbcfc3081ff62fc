"""What is put before every sentence of a student, by its family; and which student seems to lack it. Loads no model."""

import os
import re
from pathlib import Path
from typing import Any

from kdmcse.models import model_folder, references

PROMPTS = {"none": "", "e5": "query: ", "ruri": "クエリ: "}
"""What families of students were made with before every sentence (Wang et al. 2022; Tsukagoshi and Sasano 2024)."""
_NAMED = {
    "e5": re.compile(r"(?<![a-z0-9])(m?e5)(?![a-z0-9])(?!.*instruct)", re.IGNORECASE),
    "ruri": re.compile(r"(?<![a-z0-9])ruri(?![a-z0-9])(?!-v[3-9])", re.IGNORECASE),
}
"""How the models are called. Those of E5 that follow instructions, and ruri from v3 on, were made otherwise."""


def missing(student: str) -> str | None:
    """The family, of `PROMPTS`, that a student is of by its name, where no default prompt is stored with it; else None. A guess."""
    path = references.local_path(student)
    names = [student]
    if path is not None:
        names = [os.path.basename(os.path.abspath(path)), str(_stored(student, "config.json").get("_name_or_path", ""))]
    family = next((family for family, named in _NAMED.items() if any(map(named.search, names))), None)
    has_own = family and _stored(student, "config_sentence_transformers.json").get("default_prompt_name")
    return None if has_own else family


def _stored(student: str, name: str) -> dict[str, Any]:
    """A file of a student that is here or was downloaded before; empty where there is none or it is damaged, which loading tells better."""
    folder = references.local_path(student)
    path = folder / name if folder else references.cached(student, name)
    return model_folder.read(Path(path)) if path else {}
