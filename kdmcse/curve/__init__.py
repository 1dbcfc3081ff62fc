"""How much more data? Runs on shares of the training pairs, a power law through their scores, what further pairs would bring. No models here.

law       scores by size -> a power law with its band, or why there is none; numbers in, numbers out
measured  the runs of a recipe -> points, law, gain in score and money; starts the runs that are missing

found = curve.curve(poc.gather(workspace, dataset))
found.sentence("en"), found.gain, found.money, found.refused
"""

from kdmcse.curve.law import MIN_SIZES, REACH, REFITS, REFUSALS, Gain, Growth, Law, grow
from kdmcse.curve.measured import FURTHER, SEEDS, SHARES, DataCurve, curve, start_curve

__all__ = [
    "FURTHER",
    "MIN_SIZES",
    "REACH",
    "REFITS",
    "REFUSALS",
    "SEEDS",
    "SHARES",
    "DataCurve",
    "Gain",
    "Growth",
    "Law",
    "curve",
    "grow",
    "start_curve",
]
