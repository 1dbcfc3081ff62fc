"""The colour of every method, and the colours of groups: the same on the pages, in the report and in its figures."""

from kdmcse.config import BASELINE

COLOURS = {
    BASELINE: "#7a848e",
    "simcse": "#d9952b",
    "simcse_margin": "#6048c0",
    "mcse": "#5ba3cf",
    "kdmcse": "#1f4e79",
    "gist": "#6f5200",
    "dalr": "#8e1b3a",
    "rankcse": "#78c078",
}
GROUP_COLOURS = ("#1f4e79", "#d9952b", "#5ba3cf", "#1b7f5c", "#b5442b", "#8c6bb1", "#a8b545", "#7a848e")
"""For the groups of the maps; the last is for all that is left."""
