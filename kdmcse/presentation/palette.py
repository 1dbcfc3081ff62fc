"""The colour of every method, of verdicts, and the colours of groups: the same on the pages and in every document."""

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
TONES = {"better": "#1c7448", "worse": "#b0352a", "not_decisive": "#8b6a12", "plain": "#1f4e79"}
"""Of a verdict; `plain` of what is none. Each is read at 4.5 to 1 on white."""
INK, SOFT, RULE, WASH = "#1a222d", "#566270", "#d8dee5", "#f5f7f9"
"""Text, text aside, lines and quiet areas of documents."""
GROUP_COLOURS = (
    "#1f4e79", "#d9952b", "#5ba3cf", "#1b7f5c", "#b5442b", "#8c6bb1",
    "#a8b545", "#4a545e", "#e3a6b8", "#6f5200", "#2fa8a0", "#e0703c",
)  # fmt: skip
"""For the groups of the maps, by the alphabet, as on the page of the map."""
OTHER_COLOUR = "#c9d0d7"
"""For all that is in no shown group."""
MAP_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#2B2B2B", "#7F3C00")
"""For the points of the maps: those of Okabe and Ito (2008), which colour-blind eyes tell apart, with a brown for their yellow, too pale on white."""
MAP_SHAPES = ("circle", "square", "triangle", "diamond")
"""A shape for each eight categories, so that no two share both."""
MAP_SCALE = ("#A9C8E2", "#6FA3CE", "#3D7AB0", "#1F4E79", "#0A2340")
"""From little to much."""
MAP_OTHER = "#B4BCC4"
"""Of a point that belongs to nothing shown, or of which nothing is known."""
