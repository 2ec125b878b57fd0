"""Weights as a picture."""

import numpy as np

from attnviz.charts.formulas import STOPS, matrix_image
from attnviz.colours import RAMPS

NEGATIVE, NEUTRAL, POSITIVE = STOPS[0], STOPS[3], STOPS[-1]


def test_the_largest_weight_has_the_full_colour_and_zero_none():
    image = matrix_image(np.array([[-0.25, 0.0], [0.25, 0.125]]), 2)
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == list(NEGATIVE)
    assert image[0, 1].tolist() == list(NEUTRAL)
    assert image[1, 0].tolist() == list(POSITIVE)
    halfway = (STOPS[4] + STOPS[5]) / 2  # at 1.5 of the three steps of each side
    assert np.abs(image[1, 1] - halfway).max() <= 0.5


def test_the_colours_of_weights_are_those_of_signed_numbers():
    image = matrix_image(np.array([np.linspace(-1, 1, 7)]), 7)
    assert ["#" + bytes(pixel).hex() for pixel in image[0]] == list(RAMPS["light"]["signed"])


def test_the_range_is_the_same_on_both_sides_of_zero():
    image = matrix_image(np.array([[-1.0, 0.5]]), 2)
    assert image[0, 0].tolist() == list(NEGATIVE)
    assert image[0, 1].tolist() != list(POSITIVE)


def test_each_weight_becomes_a_block_of_its_own():
    values = np.arange(1.0, 16.0).reshape(3, 5)
    image = matrix_image(values, 55)
    assert image.shape == (54, 55, 3)
    blocks = image.reshape(3, 18, 5, 11, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()
    assert len({tuple(pixel) for pixel in blocks[:, 0, :, 0].reshape(-1, 3).tolist()}) == 15


def test_a_large_matrix_keeps_a_pixel_for_each_weight():
    assert matrix_image(np.ones((307, 401)), 200).shape == (307, 401, 3)


def test_a_row_of_weights_becomes_a_stripe():
    assert matrix_image(np.ones((1, 20)), 200).shape == (14, 200, 3)


def test_weights_that_are_all_zero_are_neutral():
    assert (matrix_image(np.zeros((2, 3))) == np.array(NEUTRAL)).all()
