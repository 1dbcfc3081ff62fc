"""Can this teacher add anything here? Asked before hours of training are spent."""

import streamlit as st

from dashboard import page
from dashboard.forms import audit as form
from dashboard.views import audit as view
from dashboard.widgets import layout, verdicts
from kdmcse import audit
from kdmcse.errors import UserError
from kdmcse.models import teacher_features
from kdmcse.presentation import audit as texts
from kdmcse.processes import audit as process

context = page.enter("audit", needs="dataset")
try:
    teacher_features.require_pairs(context.dataset)
except UserError as error:
    layout.refused(context, error, "data")
    st.stop()
t, found = context.t, audit.audits(context.workspace, context.dataset)
last = next(iter(process.jobs(context.workspace, context.dataset)), None)
status = last.status() if last else "none"
if found:
    shown = view.choose(context, found)
    verdicts.answer(
        t, texts.headline(t, shown), detail=t.join([texts.kdmcse_sentence(t, shown), *texts.notes(t, shown)])
    )
    view.outdated(context, shown)
else:
    verdicts.answer(t, t("page_audit.unknown"))
if status == "running":
    view.wait(context, last)
elif status == "failed":
    view.failed(context, last)
if not found:
    if status != "running":
        form.choose(context)
    st.stop()
view.cards(context, shown)
view.agreement(context, shown)
view.reading(context, shown)
space = view.space(context, shown)
view.cosines(context, space)
view.density(context, shown, space)
view.filters(context, space)
if status != "running":
    with layout.folded("audit_again", t("page_audit.again"), icon=":material/troubleshoot:") as opened:
        if opened:
            form.choose(context)
layout.next_step(context, "training", t("page_audit.next"))
