"""What the import made of a dataset: counts, splits, duplicates, problems, images."""

from pathlib import Path

import streamlit as st

from dashboard.context import PageContext
from dashboard.widgets import layout
from dashboard.widgets.cards import Card, show_cards
from dashboard.widgets.images import show_image
from dashboard.widgets.verdicts import answer
from kdmcse.presentation.data import dataset_name, nothing_measures_sentence, problem_table, shared_sentence

GALLERY = 8
"""images to begin with"""


def summary(context: PageContext) -> None:
    """How much of what there is."""
    t, data = context.t, context.dataset
    counts = {name: t.number(value) for name, value in data.counts.items() if isinstance(value, int)}
    sizes = {name: t(f"page_data.count.{name}", count=data.counts[name]) for name in ("pairs", "sts", "decisions")}
    answer(t, t("page_data.answer", name=dataset_name(t, data), **sizes))
    numbers = {"pairs": counts["pairs"], "held_out": counts["held_out_pairs"], "judged": t.number(data.judged_rows)}
    notes = {name: t(f"page_data.{name}.note", count=data.counts["texts"]) for name in numbers}
    if not data.counts["texts"]:
        notes["pairs"] = ""
    show_cards(t, [Card(t(f"page_data.{name}.name"), n, notes[name]) for name, n in numbers.items()])
    if warning := nothing_measures_sentence(t, data):
        st.warning(warning, icon=":material/warning:")


def splits(context: PageContext) -> None:
    """What is trained on, tuned on and held out, and what is left out because of it."""
    t, data = context.t, context.dataset
    counts = {name: t.number(value) for name, value in data.counts.items() if isinstance(value, int)}
    layout.section(t("page_data.splits.title"))
    key = "text" if data.counts["pairs"] else "none"
    divided = t(f"page_data.splits.{key}", **{split: counts[split] for split in ("train", "dev", "test")})
    repeats = None
    if data.counts["held_out_pairs"] != data.counts["test"]:
        repeats = t("page_data.splits.repeats", held_out=counts["held_out_pairs"])
    st.text(t.join([divided, repeats]))
    for kind in ("sts", "decisions", "faq"):
        left_out = data.counts[kind] - data.counts[f"{kind}_usable"] - data.counts.get(f"{kind}_dev", 0)
        if left_out:
            st.text(t(f"page_data.splits.{kind}", usable=counts[f"{kind}_usable"], all=counts[kind], count=left_out))
    if held_out := data.counts["problems_by_code"].get("text_held_out"):
        st.text(t("page_data.splits.texts", count=held_out, learnt=t.number(data.counts["texts"])))
    if data.counts["sts_dev"]:
        st.text(t.join([t("page_data.splits.sts_dev", count=data.counts["sts_dev"]), shared_sentence(t, data)]))
    for kind in ("image_caption", "image_image"):
        if data.counts[kind]:
            st.text(t(f"page_data.splits.{kind}", count=data.counts[kind]))
    if doubled := int((data.pairs["duplicate_caption"] | data.pairs["duplicate_image"]).sum()):
        st.text(t("page_data.duplicates", n=t.number(doubled)))


def gallery(context: PageContext) -> None:
    """A few images from all over the dataset, with their captions."""
    t, pairs = context.t, context.dataset.pairs
    explained = t(f"page_data.gallery.{'text' if context.dataset.has_images else 'no_images'}")
    layout.section(t("page_data.gallery.title"), explained)
    shown = pairs.drop_duplicates("image").iloc[:: max(1, len(pairs) // GALLERY)].head(GALLERY)
    st.html(Path(__file__).with_name("dataset.css"))
    with st.container(key="gallery"):
        for start in range(0, len(shown), 4):
            for column, row in zip(st.columns(4), shown.iloc[start : start + 4].itertuples(), strict=False):
                with column, st.container(border=True, height="stretch", key=f"image_{row.pair}"):
                    show_image(context, row.image, row.caption)


def problems(context: PageContext) -> None:
    """Every row that the import changed or left out, and why."""
    t, data = context.t, context.dataset
    table = problem_table(t, data)
    layout.section(t("page_data.problems.title"))
    if not len(table):
        st.text(t("page_data.problems.none"))
        return
    st.text(t("page_data.problems.text", count=len(table), left_out=t.number(int((~table["kept"]).sum()))))
    words = {True: t("page_data.problems.kept"), False: t("page_data.problems.left_out")}
    table = table.assign(result=table["kept"].map(words))[["file", "row", "column", "message", "result"]]
    table.columns = [t(f"page_data.problems.{name}") for name in table.columns]
    layout.table_with_download(t, table, f"problems-{data.fingerprint}")
