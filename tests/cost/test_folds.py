"""What belongs together, held against the graph library."""

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kdmcse.stats.units import connected


@pytest.mark.parametrize("edges", [0, 3, 40, 90, 400])
def test_each_node_goes_with_the_smallest_that_it_is_connected_with(edges):
    rng = np.random.default_rng(edges)
    a, b = rng.integers(0, 150, (2, edges))
    _, component = connected_components(coo_array((np.ones(edges), (a, b)), shape=(150, 150)), directed=False)
    expected = np.unique(component, return_index=True)[1][component]
    assert (connected(a, b, 150) == expected).all()


def test_a_long_chain_is_one_component():
    order = np.random.default_rng(0).permutation(20_000)
    assert (connected(order[:-1], order[1:], 20_000) == 0).all()
