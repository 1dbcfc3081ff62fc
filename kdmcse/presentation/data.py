"""What is wrong with the rows of an upload, and what was left out of the evaluation, in sentences and tables. Calculates nothing."""

import json

import pandas as pd

from kdmcse.data import KEPT, PairDataset
from kdmcse.data.leakage import NO_LEAKS
from kdmcse.data.sharing import shared_with_dev
from kdmcse.i18n import Locale


def dataset_name(t: Locale, dataset: PairDataset) -> str:
    """What a dataset is called; the sample that comes with the project has one name a language."""
    return t("data.sample") if dataset.synthetic else dataset.name


def problem_table(t: Locale, dataset: PairDataset) -> pd.DataFrame:
    """file, row, column, code, message, kept (bool; False: the row was left out)."""
    problems = dataset.problems
    messages = [
        t(f"data.problems.{code}", **json.loads(fields))
        for code, fields in zip(problems["code"], problems["fields"], strict=True)
    ]
    table = problems[["file", "row", "column", "code"]].copy()
    table["message"] = pd.Series(messages, index=table.index, dtype="str")
    table["kept"] = table["code"].isin(list(KEPT)).astype(bool)
    return table


def leak_table(t: Locale, dataset: PairDataset) -> pd.DataFrame:
    """The leaks: table, row (of the file, as text; a pair has none), column, value, how, learnt_table, learnt_value, similarity."""
    leaks = NO_LEAKS if dataset.leaks is None else dataset.leaks
    table = leaks[["column", "value", "learnt_value", "similarity"]].copy()
    table["table"] = leaks["kind"].map(lambda kind: t(f"data.tables.{kind}"))
    table["learnt_table"] = leaks["learnt"].map(lambda kind: t(f"data.tables.{kind}"))
    table["how"] = leaks["how"].map(lambda how: t(f"data.leaks.how.{how}"))
    table["column"] = leaks["column"].map(lambda column: t(f"data.columns.{column}"))
    table["row"] = leaks["row"].astype("str").mask(leaks["kind"] == "pairs", "")
    return table[["table", "row", "column", "value", "how", "learnt_table", "learnt_value", "similarity"]]


def shared_sentence(t: Locale, dataset: PairDataset) -> str | None:
    """How many test judgements share a sentence with what chooses settings; None where none does."""
    shared = shared_with_dev(dataset.sts)
    return t("data.shared_with_dev", count=shared, usable=t.number(dataset.counts["sts_usable"])) if shared else None


def leak_sentence(t: Locale, dataset: PairDataset) -> str:
    """`PairDataset.leakage` in a sentence, with the number of rows that were left out."""
    return t(f"data.leaks.{dataset.leakage}", count=dataset.counts["leaks"])
