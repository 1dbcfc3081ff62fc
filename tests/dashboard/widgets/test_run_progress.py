"""How far the runs are: what failed or was stopped has ended as well, and is not called done."""

from types import SimpleNamespace

import pytest

from dashboard.widgets import run_progress
from kdmcse.i18n import LANGUAGES, Locale


@pytest.mark.parametrize("t", [Locale(language) for language in LANGUAGES], ids=LANGUAGES)
def test_what_ended_in_any_way_counts_as_ended_and_is_not_called_done(t, monkeypatch):
    said = []
    monkeypatch.setattr(run_progress.queue, "ensure", lambda workspace: None)
    monkeypatch.setattr(run_progress.st, "progress", lambda share, text: said.append((share, text)))
    runs = [SimpleNamespace(status=status, alive=False) for status in ("succeeded", "failed", "stopped", "queued")]
    now = SimpleNamespace(active=runs[3:], runs=runs)
    run_progress._progress(SimpleNamespace(t=t, workspace=None, afresh=lambda: now))
    [(share, text)] = said
    assert share == 0.75 and text == t("shared.progress.runs", done="3", total="4")
    assert not any(word in text for word in ("done", "完了"))
