"""What the rows of a table share with each other, such as a sentence or a group: rows that share anything are not independent."""

from collections.abc import Sequence

import pandas as pd

from kdmcse.data.nearly_same import folded
from kdmcse.data.splits import text_key


def shared(table: pd.DataFrame, columns: Sequence[str] = ("sentence1", "sentence2")) -> pd.DataFrame:
    """unit, unit2 and so on: of each row what it shares with rows that have the same in any of `columns`, and in its group where there are any.

    columns: of texts, or of the digests of images. The index is kept. A row without a group has one of its own.
    """
    found = [table[column].map(lambda content: ("text", text_key(content))) for column in columns]
    if "group" in table:
        given = table["group"].fillna("")
        found.append(pd.Series([("group", group or row) for row, group in given.items()], index=given.index))
    return pd.DataFrame(
        {f"unit{place if place > 1 else ''}": one for place, one in enumerate(found, 1)}, index=table.index
    )


def shared_with_dev(sts: pd.DataFrame | None) -> int:
    """How many test judgements (`held_out`) have a sentence that a dev judgement has, too, in whichever place. They stay test judgements.

    sts: as `PairDataset.sts`; None where there is none.
    """
    if sts is None or not sts["dev"].any():
        return 0
    keys = sts[["sentence1", "sentence2"]].map(folded)
    chosen_by = set(keys[sts["dev"]].to_numpy().ravel())
    return int(keys[sts["held_out"]].isin(chosen_by).any(axis=1).sum())
