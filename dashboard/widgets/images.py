"""Images of the dataset."""

import streamlit as st

from dashboard import cache
from dashboard.context import PageContext


def show_image(context: PageContext, image: str, caption: str) -> None:
    """An image with its caption as plain text; in its place a word where it is missing or the dataset came without images."""
    _show(context, cache.thumbnail(context.dataset, image), caption)
    st.text(caption)


def show_small(context: PageContext, image: str, caption: str) -> None:
    """An image for a moment's look, without its caption, which those hear who cannot see it; in its place a word where there is none."""
    _show(context, cache.small_picture(context.dataset, image), caption)


def _show(context: PageContext, small: bytes | None, caption: str) -> None:
    if small:
        st.image(small, width="stretch", alt=caption)
    else:
        why = "image_missing" if context.dataset.has_images else "no_image"
        st.caption(context.t(f"shared.{why}"))
