"""KDMCSE on your own images and texts: from an upload to a decision, each arrow a function, each noun a folder.

    from kdmcse import Workspace, data
    from kdmcse.documents import report_content
    from kdmcse.engine import runs
    from kdmcse.processes import launch
    from kdmcse.results import results

    workspace = Workspace("workspace")
    dataset = data.import_dataset(workspace, name="pilot", images="photos.zip", pairs="pairs.csv", sts="sts.csv")
    started = launch.start_training(workspace, "pilot", student="all-MiniLM-L6-v2", teacher="ViT-B-32/laion2b_s34b_b79k")
    runs.wait(started)                                # teacher -> TeacherFeatures -> Run -> Evaluation, in the background
    found = results.gather(workspace, dataset.fingerprint)
    print(found.sentence("en"))                       # the verdict, with the numbers that carry it
    report_content.write_report(found, "report.html", "en")

Nothing here needs a browser, and nothing heavy is imported before it is used.
"""

from kdmcse.config import RunConfig, TrainingConfig
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace

__all__ = ["RunConfig", "TrainingConfig", "UserError", "Workspace"]
