"""What did we bring? Upload, and what the import made of it: counts, splits, duplicates, problems, pictures."""

import streamlit as st

from dashboard import cache
from dashboard.forms import upload
from dashboard.views import leakage
from dashboard.widgets import layout

GALLERY = 8


def summary() -> None:
    counts = {name: t.number(value) for name, value in data.counts.items() if isinstance(value, int)}
    judged = data.counts["sts_usable"] + data.counts["decisions_usable"]
    sizes = {"pairs": counts["pairs"], "sts": counts["sts"], "decisions": counts["decisions"]}
    layout.answer(t, t("page_data.answer", name=layout.dataset_name(t, data), **sizes))
    numbers = {"pairs": counts["pairs"], "held_out": counts["held_out_pairs"], "judged": t.number(judged)}
    notes = {name: t(f"page_data.{name}.note", texts=counts["texts"]) for name in numbers}
    layout.facts(t, [layout.Fact(t(f"page_data.{name}.name"), n, notes[name]) for name, n in numbers.items()])
    layout.section(t("page_data.splits.title"))
    st.text(t("page_data.splits.text", **{split: counts[split] for split in ("train", "dev", "test")}))
    for kind in ("sts", "decisions", "faq"):
        if data.counts[f"{kind}_usable"] + data.counts.get(f"{kind}_dev", 0) < data.counts[kind]:
            st.text(t(f"page_data.splits.{kind}", usable=counts[f"{kind}_usable"], all=counts[kind]))
    if data.counts["sts_dev"]:
        st.text(t("page_data.splits.sts_dev", n=counts["sts_dev"]))
    if doubled := int((data.pairs["duplicate_caption"] | data.pairs["duplicate_image"]).sum()):
        st.warning(t("page_data.duplicates", n=t.number(doubled)), icon=":material/content_copy:")


def gallery() -> None:
    pairs = data.pairs
    explained = t(f"page_data.gallery.{'text' if cache.has_pictures(data) else 'no_pictures'}")
    layout.section(t("page_data.gallery.title"), explained)
    shown = pairs.drop_duplicates("image").iloc[:: max(1, len(pairs) // GALLERY)].head(GALLERY)
    for start in range(0, len(shown), 4):
        for column, row in zip(st.columns(4), shown.iloc[start : start + 4].itertuples(), strict=False):
            with column, st.container(border=True, height="stretch", key=f"picture_{row.pair}"):
                layout.picture(place, row.image, row.caption)


place = layout.enter("data")
t, data = place.t, place.dataset
if data is None:
    layout.answer(t, t("page_data.nothing"))
    upload.form(place)
    st.stop()
summary()
if len(data.pairs):
    gallery()
leakage.problems(place)
leakage.leaks(place)
layout.section(t("page_data.upload.title"))
with st.expander(t("page_data.upload.open"), icon=":material/upload_file:"):
    upload.form(place)
if st.button(t("page_data.delete.button"), type="tertiary", icon=":material/delete:", key="delete_dataset"):
    layout.confirm_delete_dataset(place)
layout.next_step(t, "training", t("page_data.next"))
