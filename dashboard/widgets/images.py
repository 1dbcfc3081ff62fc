"""Images of the dataset."""

import streamlit as st

from dashboard import cache
from dashboard.context import PageContext


def show_image(context: PageContext, image: str, caption: str) -> None:
    """An image with its caption as plain text; the caption alone where the dataset came without images."""
    if small := cache.thumbnail(context.dataset, image):
        st.image(small, width="stretch", alt=caption)
    elif cache.has_images(context.dataset):
        st.caption(context.t("shared.image_missing"))
    st.text(caption)
