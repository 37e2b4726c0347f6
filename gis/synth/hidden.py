"""Hidden risk: what makes houses and homes dangerous in the invented county, written nowhere but into the truth.

Whoever ranks objects by what the deliveries say (age, hose, grade) finds a part of it; the rest lies in a field that
varies over the land and in each object's own luck, of which no delivery says anything.
"""

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WAVES, REACH_M, OWN = 48, 1500.0, 0.7
"""Waves that the field is made of, how far places are alike, and the share of an object's own luck in the variance."""
CHUNK = 100_000


def risk(places: NDArray[np.object_], rng: Generator) -> Floats:
    """Give a hidden risk per shape: mean about 0, variance about 1, alike within `REACH_M`.

    The field is a Gaussian process with a squared exponential kernel, drawn with random Fourier features (Rahimi and
    Recht, Random Features for Large-Scale Kernel Machines, NIPS 2007). Empty for no shapes.
    """
    middle = shapely.get_coordinates(shapely.centroid(places))
    pace = rng.normal(0, 1 / REACH_M, (2, WAVES))
    start = rng.uniform(0, 2 * np.pi, WAVES)
    land = np.empty(len(middle))
    for first in range(0, len(middle), CHUNK):
        part = middle[first : first + CHUNK] @ pace + start
        land[first : first + CHUNK] = np.sqrt(2 / WAVES) * np.cos(part).sum(axis=1)
    return np.asarray(np.sqrt(1 - OWN) * land + np.sqrt(OWN) * rng.normal(0, 1, len(middle)))


def chance(score: Floats) -> Floats:
    """Give the probability of a score in log odds."""
    return np.asarray(1 / (1 + np.exp(-score)))
