"""What went wrong: the error of a user with what to do next, any other under an id that leads to the log."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import streamlit as st

from dashboard import cache
from dashboard.widgets.text import plain
from kdmcse.errors import UserError
from kdmcse.i18n import Locale


def show_error(t: Locale, error: UserError) -> None:
    """What happened to which thing, and what to do next."""
    st.error(f"**{plain(error.message(t.language))}**\n\n{plain(error.hint(t.language))}", icon=":material/error:")


def stored_error(t: Locale, error: dict) -> str:
    """The sentences of an error that a run wrote down, in the page's language where its code is known."""
    try:
        fields = dict(error["fields"])
        if fields.get("table") in ("pairs", "texts"):  # by the name that the upload form gives it
            fields["table"] = t(f"page_data.upload.{fields['table']}")
        return UserError(error["code"], **fields).sentences(t)
    except KeyError:
        return t.join([error.get("message"), error.get("hint")]) or t("page_training.explain.failed")


@contextmanager
def error_boundary(t: Locale) -> Iterator[None]:
    """A failure a person can mend is shown as such; any other is logged under an id, and only the id is shown."""
    try:
        yield
    except UserError as error:
        show_error(t, error)
    except Exception:
        error_id = secrets.token_hex(4)
        with suppress(OSError, UserError):
            cache.logger(cache.workspace()).exception("error %s", error_id)
        st.error(f"**{t('shared.fault.message')}**\n\n{t('shared.fault.hint', id=error_id)}", icon=":material/error:")
