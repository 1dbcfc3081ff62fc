"""Images of the dataset."""

import streamlit as st

from dashboard import cache
from dashboard.context import PageContext


def show_image(context: PageContext, image: str, caption: str) -> None:
    """An image with its caption as plain text; in its place a word where it is missing or the dataset came without images."""
    if small := cache.thumbnail(context.dataset, image):
        st.image(small, width="stretch", alt=caption)
    else:
        why = "image_missing" if context.dataset.has_images else "no_image"
        st.caption(context.t(f"shared.{why}"))
    st.text(caption)
