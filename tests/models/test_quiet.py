"""While models are loaded, the terminal shows what went wrong and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
import small

LOADED = """
import logging, sys
from kdmcse.models import teachers
teachers.load(sys.argv[1])
from kdmcse.models import student
student.load(sys.argv[2])
logging.getLogger("sentence_transformers").error("this went wrong")
logging.getLogger("transformers").error("and this")
"""


@pytest.mark.slow
def test_bars_and_advice_stay_away_and_errors_come_through(tmp_path):
    from sentence_transformers import SentenceTransformer

    SentenceTransformer(small.student(), device="cpu").bfloat16().save(str(tmp_path / "half"))
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(small.transformers_teacher("clip")), str(tmp_path / "half")],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["this went wrong", "[transformers] and this"] and done.stdout == ""
