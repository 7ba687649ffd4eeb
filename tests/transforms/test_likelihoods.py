"""Gradients of the likelihoods are what differences of the likelihoods say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime  # type: ignore[import-untyped]

from transforms.likelihoods import Likelihood, buying_likelihood, spending_likelihood

PARAMETERS = st.lists(st.floats(0.2, 8.0), min_size=4, max_size=4).map(np.array)
BOUGHT = st.lists(
    st.tuples(st.integers(0, 30), st.floats(0, 1), st.floats(1, 400)), min_size=1, max_size=12
)


def is_its_gradient(likelihood: Likelihood, parameters: np.ndarray) -> bool:
    told = likelihood(parameters)[1]
    found = approx_fprime(parameters, lambda at: likelihood(at)[0], 1e-7)
    assert told == pytest.approx(found, rel=1e-3, abs=1e-2)
    return True


@given(PARAMETERS, BOUGHT, st.booleans())
def test_of_buying(
    parameters: np.ndarray, bought: list[tuple[int, float, float]], is_modified: bool
) -> None:
    repeats = np.array([float(one[0]) for one in bought])
    known_for = np.array([one[2] for one in bought])
    last_at = np.where(repeats > 0, known_for * np.array([one[1] for one in bought]), 0.0)
    likelihood = buying_likelihood(repeats, last_at, known_for, is_modified=is_modified)
    assert is_its_gradient(likelihood, parameters)


@given(PARAMETERS, BOUGHT)
def test_of_spending(parameters: np.ndarray, bought: list[tuple[int, float, float]]) -> None:
    repeats = np.array([1.0 + one[0] for one in bought])
    likelihood = spending_likelihood(repeats, np.array([one[2] for one in bought]))
    assert is_its_gradient(likelihood, parameters[:3])
