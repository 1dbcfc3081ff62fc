"""KDMCSE on your own images and texts: from an upload to a decision, each arrow a function, what is stored a folder.

    import datetime

    from kdmcse import Workspace, data
    from kdmcse.documents.report import write_report
    from kdmcse.engine import runs
    from kdmcse.processes import launch
    from kdmcse.results.analysis import Analysis
    from kdmcse.results.results import load_results

    workspace = Workspace("workspace")
    dataset = data.import_dataset(workspace, name="pilot", images="photos.zip", pairs="pairs.csv", sts="sts.csv")
    started = launch.start_training(workspace, "pilot", student="all-MiniLM-L6-v2", teacher="ViT-B-32/laion2b_s34b_b79k")
    runs.wait(started)                                # teacher -> TeacherFeatures -> Run -> Evaluation, in the background
    analysis = Analysis(load_results(workspace, dataset.fingerprint))
    analysis.verdicts().deciding                      # KDMCSE against what was agreed, with its interval
    write_report(analysis, "report.html", "en", today=datetime.date.today())

Nothing here needs a browser, and nothing heavy is imported before it is used.
"""

from kdmcse.config import RunConfig, TrainingConfig
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace

__all__ = ["RunConfig", "TrainingConfig", "UserError", "Workspace"]
