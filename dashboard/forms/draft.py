"""A form that saves itself: what is typed is on disk at once, and is shown again after a reload and in a second tab.

    draft = open_draft(name, content, write)       what is on disk
    draft.number("price", label, content["price"])   inputs that show it
    draft = draft.keep(entered)                      written where it changed

It knows nothing of what a form asks for, and does not judge it.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import state
from dashboard.widgets import layout

DECIMALS = "%g"
"""As many as were typed: no input shows another number than the one that is kept."""
Write = Callable[[dict[str, Any]], dict[str, Any]]
"""Writes the content; returns it as it will be read back."""
_TYPED = "typed"


@dataclass(frozen=True)
class Draft:
    """What was typed into a form, and the inputs that show it."""

    name: str
    """of the form and of what it belongs to: no two drafts share one"""
    content: dict[str, Any]
    """as it is on disk; what can be JSON"""
    write: Write
    basis: Any
    """what the inputs show beside the content, such as defaults; what can be JSON"""
    version: str
    """Part of the key of every input. Another tab's saving changes it, so that new inputs show what that tab wrote; one's own does not."""
    replaced: str | None
    """the version before, in the one run in which another tab's saving is noticed"""

    def key(self, input: str, value: object) -> str:
        """The key of an input that shows `value` to begin with. What was typed while another tab saved is shown instead."""
        key = f"{input}_{self.version}"
        if self.replaced:
            before = f"{input}_{self.replaced}"
            if state.is_known(before) and repr(state.widget(before)) != state.recall(before):
                value = state.widget(before)
        state.preset(key, value)
        state.remember(key, repr(state.widget(key)))
        return key

    def number(self, input: str, label: str, value: float | None, *, step: float, **options: Any) -> float | None:
        """A number input that can be emptied: None. step: a float for a number that need not be whole, shown with the decimals that it has."""
        # An input with a value of its own could not be emptied again.
        return st.number_input(
            label,
            value=None,
            step=step,
            format=DECIMALS if isinstance(step, float) else None,
            key=self.key(input, value),
            **options,
        )

    def keep(self, content: dict[str, Any]) -> "Draft":
        """Write `content` down. The inputs stay as they are."""
        written = self.write(content)
        state.remember(self.name, _stamp(written, self.basis))
        return dataclasses.replace(self, content=written)

    def redraw(self) -> None:
        """Let the inputs show what is on disk, from the next run on."""
        state.remember(self.name, None)


def note_typed() -> None:
    """Something was typed: the `on_change` of inputs with figures beside them, called before the page is drawn."""
    state.remember(_TYPED, True)


def was_typed() -> bool:
    """Whether something was typed into a form since the page was drawn; said once."""
    return bool(state.take(_TYPED))


def open_draft(name: str, content: Mapping[str, Any], write: Write, basis: Any = None) -> Draft:
    """The draft as it was read from disk. Once a run: it notices here that another tab has saved."""
    stamp, replaced = _stamp(content, basis), None
    known = state.recall(name)
    if known != stamp:
        replaced = state.recall(f"{name}_version") if known else None
        state.remember(name, stamp)
        state.remember(f"{name}_version", hashlib.sha256((name + stamp).encode()).hexdigest()[:12])
    return Draft(name, dict(content), write, basis, state.recall(f"{name}_version"), replaced)


class ErrorSlots:
    """The places in a form at which it says what is wrong with a field: beside its input, though it is judged when all are drawn."""

    def __init__(self) -> None:
        self._slots: dict[str, DeltaGenerator] = {}

    def open(self, *fields: str) -> None:
        """What is wrong with one of these will stand here, and no longer where it was opened before."""
        self._slots |= dict.fromkeys(fields, st.container())

    def below(self, part: str, *fields: str) -> None:
        """Where the folded part with this name is closed, what is wrong with its fields will stand here, where it is seen."""
        if not layout.is_open(part):
            self.open(*fields)

    def at(self, field: str) -> DeltaGenerator:
        """The place of a field; below the form where it has none."""
        return self._slots.get(field) or st.container()


def _stamp(content: Mapping[str, Any], basis: Any) -> str:
    return json.dumps([basis, dict(content)], sort_keys=True)
