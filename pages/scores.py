"""Is it better? The new model against every measured method in one plot; every score with its interval behind it."""

from dashboard import page
from dashboard.views import interpolation, scores
from dashboard.widgets import layout

context = page.enter("scores", needs="evaluation")
scores.answer(context)
scores.plot(context)
scores.votes(context)
scores.all_numbers(context)
scores.how_measured(context)
interpolation.interpolated(context)
scores.choice(context)
layout.next_step(context, "cost", context.t("page_scores.next"))
