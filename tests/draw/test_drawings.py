"""Drawings as the models see them: checked, centred as MNIST was made, moved, measured."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from harness.draw.drawings import BOX, EXAMPLES, SIDE, as_image, centred, moved, offset
from harness.errors import UsageError

pytestmark = pytest.mark.quick


def stroke(left: int, top: int, width: int, height: int) -> np.ndarray:
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = 255
    return image


@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 8), st.integers(1, 8))
def test_centring_fits_the_box_and_moves_the_mass_into_the_middle(left, top, width, height):
    found = centred(stroke(left, top, width, height))
    rows, columns = np.nonzero(found)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == BOX
    assert all(abs(side) <= 0.51 for side in offset(found))
    assert found.dtype == np.uint8 and found.shape == (SIDE, SIDE)


def test_where_it_was_drawn_does_not_matter_once_it_is_centred():
    assert (centred(stroke(1, 4, 2, 12)) == centred(stroke(25, 14, 2, 12))).all()


def test_an_empty_image_stays_empty_and_has_no_place():
    empty = np.zeros((SIDE, SIDE), np.uint8)
    assert (centred(empty) == empty).all() and offset(empty) is None


def test_the_offset_is_of_the_centre_of_mass():
    assert offset(stroke(13, 13, 2, 2)) == pytest.approx((0.0, 0.0))
    assert offset(stroke(26, 13, 2, 2)) == pytest.approx((13.0, 0.0))
    assert offset(stroke(13, 0, 2, 2)) == pytest.approx((0.0, -13.0))


def test_images_move_over_an_empty_background():
    image = stroke(10, 10, 2, 5)[None]
    assert (moved(image, 4)[0] == stroke(14, 10, 2, 5)).all() and (moved(image, -4)[0] == stroke(6, 10, 2, 5)).all()
    assert (moved(image, 0) == image).all() and not moved(image, 20).any()


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (None, "received NoneType"),
        ([0] * 783, "received 783 of them"),
        ([[0] * 28] * 28, "received 28 of them"),
        ([math.nan] * 784, "from 0 to 255"),
        ([math.inf] * 784, "from 0 to 255"),
        ([256] * 784, "from 0 to 255"),
        ([-1] * 784, "from 0 to 255"),
        (["1"] * 784, "that are numbers"),
        ([True] * 784, "that are numbers"),
    ],
)
def test_what_is_no_image_is_refused(pixels, said):
    with pytest.raises(UsageError, match=said):
        as_image(pixels)


def test_an_image_is_taken_as_it_is():
    image = stroke(3, 4, 5, 6)
    assert (as_image(image.ravel().tolist()) == image).all()


def test_the_ready_drawings_lie_on_the_paper_and_the_edge_is_the_edge():
    assert all(0 <= value <= 1 for strokes in EXAMPLES.values() for points in strokes for point in points for value in point)
    assert min(point[0] for points in EXAMPLES["one-edge"] for point in points) > 0.85
