"""What is wrong with the rows of an upload, and what was left out of the evaluation, in sentences and tables. Calculates nothing."""

import json
from collections.abc import Mapping

import pandas as pd

from kdmcse.data import KEPT, PairDataset
from kdmcse.data.leakage import NO_LEAKS
from kdmcse.data.preview import NOT_USED, Preview, PreviewColumn
from kdmcse.data.sharing import shared_with_dev
from kdmcse.i18n import Locale


def dataset_name(t: Locale, dataset: PairDataset) -> str:
    """What a dataset is called; the sample that comes with the project has one name a language."""
    return t("data.sample") if dataset.synthetic else dataset.name


def recognised_sentence(t: Locale, mapping: Mapping[str, str | None]) -> str:
    """What each role was read from. mapping: role -> header or None."""
    found = [
        t("data.recognised.column", role=t(f"data.columns.{role}"), header=header)
        for role, header in mapping.items()
        if header
    ]
    return t("data.recognised.text", columns=t.list(found)) if found else t("data.recognised.nothing")


def preview_sentence(t: Locale, found: Preview) -> str:
    """What a table was taken for, what is missing and what is not used."""
    missing = t.list(t(f"data.columns.{role}") for role in found.missing)
    unused = t.list(column.header for column in found.columns if column.role == NOT_USED)
    sentences = [recognised_sentence(t, found.mapping)]
    sentences.append(t("data.recognised.missing", columns=missing) if missing else None)
    sentences.append(t("data.recognised.unused", columns=unused) if unused else None)
    return t.join(sentences)


def column_note(t: Locale, column: PreviewColumn) -> str | None:
    """Why to have a look at a column; None where it is clear."""
    if column.could_be:
        return t("data.recognised.could_be", role=t(f"data.columns.{column.could_be}"), taken=column.taken)
    return t("data.recognised.unreadable", role=t(f"data.columns.{column.role}")) if column.unreadable else None


def problem_table(t: Locale, dataset: PairDataset) -> pd.DataFrame:
    """file, row, column, code, message, kept (bool; False: the row was left out)."""
    problems = dataset.problems
    messages = [
        t(f"data.problems.{code}", **_in_words(t, json.loads(fields)))
        for code, fields in zip(problems["code"], problems["fields"], strict=True)
    ]
    table = problems[["file", "row", "column", "code"]].copy()
    table["message"] = pd.Series(messages, index=table.index, dtype="str")
    table["kept"] = table["code"].isin(list(KEPT)).astype(bool)
    return table


def _in_words(t: Locale, fields: dict) -> dict:
    """A column's role is called as the page calls it."""
    return fields | {"role": t(f"data.columns.{fields['role']}")} if "role" in fields else fields


def leak_table(t: Locale, dataset: PairDataset) -> pd.DataFrame:
    """The leaks: table, row (of the file, as text; of a pair the name of its image), column, value, how, learnt_table, learnt_value, similarity."""
    leaks = NO_LEAKS if dataset.leaks is None else dataset.leaks
    table = leaks[["column", "value", "learnt_value", "similarity"]].copy()
    table["table"] = leaks["kind"].map(lambda kind: t(f"data.tables.{kind}"))
    table["learnt_table"] = leaks["learnt"].map(lambda kind: t(f"data.tables.{kind}"))
    table["how"] = leaks["how"].map(lambda how: t(f"data.leaks.how.{how}"))
    table["column"] = leaks["column"].map(lambda column: t(f"data.columns.{column}"))
    table["row"] = leaks["row"].astype("str")
    if (of_pairs := leaks["kind"] == "pairs").any():
        images = dataset.pairs.set_index("pair")["image_name"]
        table["row"] = table["row"].mask(of_pairs, leaks["row"].map(images))
    return table[["table", "row", "column", "value", "how", "learnt_table", "learnt_value", "similarity"]]


def shared_sentence(t: Locale, dataset: PairDataset) -> str | None:
    """How many test judgements share a sentence with what chooses settings; None where none does."""
    shared = shared_with_dev(dataset.sts)
    return t("data.shared_with_dev", count=shared, usable=t.number(dataset.counts["sts_usable"])) if shared else None


def nothing_measures_sentence(t: Locale, dataset: PairDataset) -> str | None:
    """That nothing of the dataset can measure a student, and what would; None where something does, or where it does not because it leaks."""
    if dataset.measures or dataset.counts["leaks"]:
        return None
    return t("data.nothing_measures" if dataset.counts["pairs"] else "data.nothing_measures_texts")


def unmeasured_sentence(t: Locale, dataset: PairDataset) -> str | None:
    """Before a training: that nothing will tell whether it helped, for either reason; None where something will."""
    if dataset.measures:
        return None
    return nothing_measures_sentence(t, dataset) or t("data.unmeasured_leaks", count=dataset.counts["leaks"])


def left_out_sentences(t: Locale, dataset: PairDataset) -> list[str]:
    """Of what kind the leaks are, where they are of several; and what is left out beside them, because it repeats what is tuned on."""
    if dataset.leaks is None:
        return []
    leaked = dataset.leaks.groupby("kind")["row"].nunique().to_dict()
    unused = {"pairs": dataset.counts["test"] - dataset.counts["held_out_pairs"]}
    for kind in ("sts", "decisions", "faq"):
        unused[kind] = dataset.counts[kind] - dataset.counts[f"{kind}_usable"] - dataset.counts.get(f"{kind}_dev", 0)
    tuned = {kind: count - leaked.get(kind, 0) for kind, count in unused.items()}
    parts = [
        t.list(t(f"data.leaks.of.{kind}", count=one[kind]) for kind in unused if one.get(kind))
        for one in (leaked, tuned)
    ]
    sentences = [t("data.leaks.parts", parts=parts[0]) if len(leaked) > 1 else None]
    sentences.append(t("data.leaks.tuned", parts=parts[1]) if parts[1] else None)
    return [sentence for sentence in sentences if sentence]


def leak_sentence(t: Locale, dataset: PairDataset) -> str:
    """`PairDataset.leakage` in a sentence, with the number of rows that were left out."""
    return t(f"data.leaks.{dataset.leakage}", count=dataset.counts["leaks"])
