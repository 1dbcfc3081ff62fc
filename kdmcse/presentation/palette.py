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
MISTAKES = {
    "false_match": "#b5442b", "missed_match": "#cdb380", "review": "#4f7a3d",
    "review_false_match": "#b5442b", "review_missed_match": "#cdb380", "benefit": "#7d5ba6",
}  # fmt: skip
"""Of the parts of a cost. No method has them; a mistake of a person has that of a model's."""
LESS, MORE = "#c8698b", "#12736b"
"""Of an amount or an input that is lower or higher, below or above zero. No method and no kind of mistake has them."""
SERIES = ("#37424d", "#2fa8a0", "#e0703c", "#c583c9", "#a8b545")
"""Of curves that are neither methods nor mistakes nor amounts, such as the terms of a loss."""
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
DARK = {
    "#7a848e": "#9aa4ae", "#1f4e79": "#5b8def", "#5ba3cf": "#8fd3f4", "#6048c0": "#9c8cf0", "#6f5200": "#b39b3c", "#8e1b3a": "#dc5079",
    "#1c7448": "#5cc793", "#b0352a": "#f08a7c", "#8b6a12": "#d8b34a",
    "#b5442b": "#e07a63", "#4f7a3d": "#7d9440", "#7d5ba6": "#b07fd0", "#c8698b": "#f2a5bf", "#12736b": "#2f9c8e",
    "#37424d": "#c9d1d9", "#2fa8a0": "#66e3da", "#c583c9": "#eab2ee",
    INK: "#e4e9ee", SOFT: "#a9b4bf", RULE: "#313b46", WASH: "#1a2129", OTHER_COLOUR: "#4a545e",
}  # fmt: skip
"""What stands on a dark page for a colour that would be lost there; every other stays."""
MAP_DARK = {
    **dict(zip(MAP_COLOURS, ("#3fa0e0", "#e69f00", "#1fbf8f", "#cc79a7", "#9bd4f7", "#f07a2b", "#e6e6e6", "#b5793f"), strict=True)),
    **dict(zip(MAP_SCALE, ("#27445f", "#3b6c99", "#4f93d0", "#8dbdec", "#dbeafb"), strict=True)),
    MAP_OTHER: "#5c6772",
}  # fmt: skip
"""The same for the points of the maps: much is bright there."""


def in_dark(colour: str) -> str:
    """The colour that stands for this one on a dark page."""
    return DARK.get(colour.lower(), colour)
