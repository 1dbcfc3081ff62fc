"""What do we show in the meeting? Five slides in large type, without sidebar and inputs, by the arrow keys."""

import streamlit as st

from dashboard import cache, page
from dashboard.views import meeting

context = page.enter("meeting", needs="dataset")
page.require_results(context)
with st.spinner(context.t("page_meeting.building")):
    document = cache.document(context.analysis, context.t.language, context.today)
meeting.show(context, document)
