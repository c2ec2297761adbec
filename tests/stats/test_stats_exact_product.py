import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.sketches import exact_product
from headrace.stats.sketches.exact_product import product


@given(st.integers(0, 200), st.integers(1, 5), st.integers(1, 5), st.integers(0, 1000), st.sampled_from([1, 7, 2048]))
def test_a_product_is_that_of_numpy_in_blocks_of_any_size(rows, j, k, seed, block_rows):
    draw = np.random.default_rng(seed)
    x, y = (draw.normal(0, 10.0 ** draw.integers(-30, 30), (rows, n)) for n in (j, k))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_product, "_BLOCK_ROWS", block_rows)
        found = product(x, y)
    bound = 1e-14 * (np.abs(x).T @ np.abs(y))
    assert np.all(np.abs(found - x.T @ y) <= bound)


@pytest.mark.parametrize("rows", [3, 1000, 2048])
def test_the_bits_do_not_depend_on_the_order_of_the_rows_of_a_block_nor_on_their_address(rows):
    draw = np.random.default_rng(rows)
    x, y = draw.normal(5, 3, (rows, 11)), draw.lognormal(2, 2, (rows, 4))
    expected = product(x, y).tobytes()
    for _ in range(5):
        order = draw.permutation(rows)
        assert product(x[order], y[order]).tobytes() == expected
    for shift in range(1, 8):
        moved = np.zeros(x.nbytes + 64, np.uint8)[shift : shift + x.nbytes].view(np.float64).reshape(x.shape)
        moved[:] = x
        assert product(moved, y).tobytes() == expected
    assert product(x[:0], y[:0]).tolist() == [[0.0] * 4] * 11


def test_numbers_that_are_large_and_small_keep_their_digits():
    x = np.array([[1e12], [1.5], [-2.5]])
    y = np.array([[0.0], [2.0], [4.0]])
    assert product(x, y)[0, 0] == pytest.approx(-7.0, abs=1e-5)
    assert product(y, y).tolist() == [[20.0]]
