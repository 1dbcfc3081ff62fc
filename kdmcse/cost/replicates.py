"""A figure over the redraws of a bootstrap, and the values that it might truly have; see `bootstrap` for the method."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNSEEN = 0.01
"""Mistakes that are added to what was seen in a stratum where the chance of mistakes is weighed."""


@dataclass(frozen=True)
class Replicates:
    """A figure over the redraws. Figures of one `Bootstrap` may be averaged and subtracted. Trailing axes are figures of their own."""

    estimate: np.ndarray
    """(...)"""
    deviations: np.ndarray
    """(R, ...) from the estimate"""
    widened: np.ndarray
    """(U, ...) what each unit adds to the deviation of the estimate, widened to an unbiased variance"""
    narrowed: np.ndarray
    """(U, ...) the same as the redraws have it"""
    stakes: np.ndarray
    """(K, ...) what one mistake more in a stratum would add"""

    def __sub__(self, other: "Replicates") -> "Replicates":
        return Replicates(
            self.estimate - other.estimate,
            self.deviations - other.deviations,
            self.widened - other.widened,
            self.narrowed - other.narrowed,
            np.concatenate([self.stakes, -other.stakes]),
        )

    def draws(self, noise: np.ndarray) -> np.ndarray:
        """(R, ...) values that the figure might truly have. noise (R,): standard normal."""
        seen, cubes, fourths = _moments(self.widened)
        second, third, fourth = (
            of_units + UNSEEN * of_stakes
            for of_units, of_stakes in zip((seen, cubes, fourths), _moments(self.stakes), strict=True)
        )
        redrawn = _moments(self.narrowed)[0]
        width = np.sqrt(_ratio(seen, redrawn, 1.0))
        noise = noise.reshape(-1, *[1] * np.ndim(self.estimate))
        middle = self.estimate + _ratio(third, 2 * second, 0.0)
        return middle + width * self.deviations + np.sqrt(2 * _ratio(fourth, second, 0.0)) * noise


def mean_of(several: Sequence[Replicates]) -> Replicates:
    """The mean of figures that are alike, such as the costs of several seeds; a mistake more would be one of all of them."""
    fields = ("estimate", "deviations", "widened", "narrowed", "stakes")
    return Replicates(*(np.mean([getattr(one, name) for one in several], axis=0) for name in fields))


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(...) sums of squares, cubes and fourth powers of values (n, ...)."""
    squares = values * values
    return squares.sum(axis=0), (squares * values).sum(axis=0), (squares * squares).sum(axis=0)


def _ratio(above: np.ndarray, below: np.ndarray, otherwise: float) -> np.ndarray:
    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), below)
    return np.divide(above, below, out=np.full(above.shape, otherwise), where=below > 0)
