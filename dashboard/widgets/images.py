"""Pictures of the dataset."""

import streamlit as st

from dashboard import cache
from dashboard.context import PageContext


def picture(context: PageContext, image: str, caption: str) -> None:
    """A picture with its caption as plain text; the caption alone where the dataset came without pictures."""
    if small := cache.thumbnail(context.dataset, image):
        st.image(small, width="stretch", alt=caption)
    elif cache.has_pictures(context.dataset):
        st.caption(context.t("shared.image_missing"))
    st.text(caption)
