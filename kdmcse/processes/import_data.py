"""The process that imports what the page was given: the files of the draft, or a dataset once more with more of it held out.

drafts/import/job/  as `background_job` has it, `stop` once somebody wants it to end, and `result.json`: the dataset, or why there is none in
each language, as a reason may hold sentences of its own
"""

import sys
import time
from pathlib import Path
from typing import Any

from kdmcse.data import import_again, import_dataset, open_dataset
from kdmcse.data.drafts import open_upload
from kdmcse.data.storing import Tell
from kdmcse.engine.background_job import BackgroundJob, Work
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store.files import read_json, remove_folder, write_json
from kdmcse.store.reads import exists
from kdmcse.store.workspace import Workspace

REPORT_SECONDS = 0.3
"""Not more often is it written down how far the import is."""


def job(workspace: Workspace) -> BackgroundJob:
    """The one import of a workspace."""
    return BackgroundJob(workspace.drafts / "import" / "job")


def result(workspace: Workspace) -> dict[str, Any] | None:
    """`dataset`, or `refused`: {language: [message, hint]}; None where no import has ended or a new one was begun."""
    return read_json(job(workspace).folder / "result.json")


def forget(workspace: Workspace) -> None:
    """What the last import came to is of no interest any more. Nothing happens while one is at work."""
    found = job(workspace)
    if not found.alive:
        remove_folder(found.folder, all_of_it=False)


def main(arguments: list[str]) -> int:
    """The job's exit status, as `BackgroundJob.run` gives it."""
    workspace = Workspace(Path(arguments[0]))
    found = job(workspace)
    return found.run(_work(workspace, found.folder), stops_itself=True)


def _work(workspace: Workspace, folder: Path) -> Work:
    def work(request: dict[str, Any], report) -> None:
        tell = _teller(report, folder / "stop")
        try:
            if "dataset" in request:
                dataset = open_dataset(workspace, request["dataset"])
                asked = {"name": request["name"], "hold_out": request["hold_out"]}
                made = import_again(workspace, dataset, **asked, tell=tell)
            else:
                draft = open_upload(workspace)
                files = {file.kind: file.path for file in draft.files().values()}
                made = import_dataset(workspace, name=request["name"], columns=request["columns"], tell=tell, **files)
                draft.discard()
        except UserError as error:
            sentences = {language: [error.message(language), error.hint(language)] for language in LANGUAGES}
            write_json(folder / "result.json", {"refused": sentences, "code": error.code})
            raise
        write_json(folder / "result.json", {"dataset": made.fingerprint})

    return work


def _teller(report, stop: Path) -> Tell:
    """Writes down what the import is at, now and then, and for how long; UserError `import_stopped` once somebody asked it to end."""
    now = {"what": None, "since": 0.0, "told": 0.0}

    def tell(what: str, done: int, total: int) -> None:
        if exists(stop):
            raise UserError("import_stopped")
        moment = time.monotonic()
        if what != now["what"]:
            now.update(what=what, since=moment, told=0.0)
        if moment - now["told"] >= REPORT_SECONDS:
            now["told"] = moment
            report({"what": what, "done": done, "total": total, "seconds": moment - now["since"]})

    return tell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
