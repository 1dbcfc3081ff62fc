"""What do we show in the meeting? Five slides in large type, without sidebar and inputs, by the arrow keys."""

from dashboard import cache, page
from dashboard.views import meeting
from dashboard.widgets import waiting

context = page.enter("meeting", needs="dataset")
page.require_results(context)
document = waiting.while_working(
    context.t,
    "document",
    context.t("page_meeting.building"),
    lambda: cache.document(context.analysis, context.t.language, context.today),
)
meeting.show(context, document)
