"""Files of a customer -> a `PairDataset`, or problems by file, row and column.

    tables, workbooks      a file -> rows of text
    headers, columns       how columns are called; which header means what
    row_checks             rows that can be used
    amounts                money at stake in a decision, and its currency
    contradictions         judgements of one pair that contradict each other
    problems               what is wrong with one row: a code with fields
    image_archive, images  a zip or folder -> safe, normalised images
    splits                 what is trained on, what is held out
    sharing                what rows share with each other, so that they are not independent
    caption_languages      in which language each caption is
    nearly_same            which texts and images are the same, or nearly
    leakage                what would be evaluated although it is trained on
    preview                what a table will be taken for
    drafts                 an upload that waits to be imported
    holding_out            what is evaluated stays unseen
    importing, storing     all of it -> a folder of the workspace
    dataset                and back
    language               in which language texts are, for the models that are proposed
    csv_export             tables as CSV that a spreadsheet opens safely

No model, no torch; nothing of an upload is ever executed, extracted or used as a path.
"""

from kdmcse.data.columns import COLUMNS, guess_columns
from kdmcse.data.dataset import MIN_DEV_ROWS, PairDataset, delete_dataset, list_datasets, open_dataset
from kdmcse.data.importing import import_again, import_dataset
from kdmcse.data.problems import KEPT
from kdmcse.data.tables import read_table

__all__ = [
    "COLUMNS",
    "KEPT",
    "MIN_DEV_ROWS",
    "PairDataset",
    "delete_dataset",
    "guess_columns",
    "import_again",
    "import_dataset",
    "list_datasets",
    "open_dataset",
    "read_table",
]
