"""Reading images of one's own."""

from runpy import run_path

import numpy as np
import pytest
from PIL import Image

from dlnn_utils import read_images
from dlnn_utils.reproduce.engine.paths import ROOT

MADE = run_path(str(ROOT / "data/make.py"))
plate, write_images = MADE["plate"], MADE["write_images"]
GREY = np.arange(96, dtype=np.uint8).reshape(4, 4, 6)
HOLE = GREY / 1.0
HOLE[2, 1, 3] = np.nan


def save(folder, images, name="{}.png"):
    """Write one array as an .npy file, a list of them as a folder of images."""
    if isinstance(images, np.ndarray):
        np.save(folder := folder.with_suffix(".npy"), images)
        return folder
    folder.mkdir(exist_ok=True)
    for k, image in enumerate(images):
        Image.fromarray(image).save(folder / name.format(k))
    return folder


@pytest.mark.parametrize("recording", [1, 2])
def test_the_images_that_ship_are_those_that_are_made(tmp_path, recording):
    write_images(tmp_path / "again", recording)
    name = {1: "plate", 2: "plate_other"}[recording]
    shipped, again = (read_images(f, 0.01) for f in (ROOT / "data" / name, tmp_path / "again"))
    np.testing.assert_array_equal(shipped.c, again.c)
    exact = plate(recording)[1]
    assert np.abs(shipped.flat - exact).max() <= shipped.step / 2 + 1e-12
    assert (shipped.flat - exact).std() == pytest.approx(shipped.step / 12**0.5, rel=0.05)


@pytest.mark.parametrize("name", ["{}.png", "frame {}.TIFF"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_folders_in_the_order_of_their_numbers(tmp_path, name, kind):
    images, white = [np.full((2, 3), k, kind) for k in range(12)], np.iinfo(kind).max
    read = read_images(save(tmp_path / "mine", images, name), times=0.5, white=float(white))
    np.testing.assert_allclose(read.c[:, 0, 0], np.arange(12))
    assert read.step == pytest.approx(1)
    np.testing.assert_allclose(read.t, 0.5 * np.arange(12))
    assert read.flat.shape == (12, 6)


@pytest.mark.parametrize(
    ("stack", "white", "step"),
    [(GREY, 255, 1 / 255), (GREY.astype(np.uint16), 65535, 1 / 65535), (GREY / 7.0, 1, 0.0)],
)
def test_stacks(tmp_path, stack, white, step):
    read = read_images(save(tmp_path / "mine", stack), times=[0, 1, 3, 4])
    np.testing.assert_allclose(read.c, stack / white)
    assert read.step == pytest.approx(step)


def test_shrinking_averages_squares(tmp_path):
    read = read_images(save(tmp_path / "mine", GREY), 1.0, white=255.0, shrink=2)
    assert read.c.shape == (4, 2, 3)
    assert read.c[0, 0, 0] == np.mean(GREY[0, :2, :2])


RGB = np.zeros((4, 6, 3), np.uint8)
BAD = [
    ([*GREY[:2], GREY[2, :3]], 1.0, r"2\.png: it must .* 4 x 6 .* as 0\.png; got 3 x 6 pixels"),
    ([RGB] * 3, 1.0, r"0\.png: it must be a grey image; got colours \(RGB"),
    ([*GREY[:2], GREY[2].astype(np.uint16)], 1.0, r"2\.png: .* white 255, .* white 65535"),
    ([], 1.0, "there is no PNG or TIFF file in it"),
    (HOLE, 1.0, "frame 2, row 1, column 3: pixels must be finite; got nan"),
    (GREY[0], 1.0, r"it must have shape \(T, rows, columns\); got \(4, 6\)"),
    (GREY[:1], 1.0, "there must be at least 3 images; got 1"),
    (GREY.astype(int), 1.0, "it must hold uint8, uint16 or floats; got int64"),
    (GREY, [0, 1, 2], "times must rise, one for each of the 4 images; got 3 from 0"),
    (GREY, [3, 2, 1, 0], "times must rise, .*; got 4 from 3 to 0"),
    (GREY, 0.0, "times must be positive; got 0"),
]


@pytest.mark.parametrize(("images", "times", "message"), BAD)
def test_bad_images_and_times(tmp_path, images, times, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_images(save(tmp_path / "mine", images), times)
    said = str(caught.value)
    assert "\n" not in said and (said.startswith("times") or str(tmp_path / "mine") in said)


def test_what_is_no_image_is_named(tmp_path):
    with pytest.raises(ValueError, match="shrink must divide 4 x 6 pixels; got 4"):
        read_images(save(tmp_path / "mine", GREY), 1.0, shrink=4)
    folder = save(tmp_path / "mine", list(GREY))
    for name in ("a.npy", "a.avi", "mine/1.png"):
        (tmp_path / name).write_text("nothing")
    for path, message in (
        (tmp_path / "a.npy", "it cannot be read as an array"),
        (tmp_path / "a.avi", "an .npy file"),
        (folder, r"1\.png: it cannot be read as an image"),
        (tmp_path / "none", "none: there is no such folder or file"),
    ):
        with pytest.raises(ValueError, match=message):
            read_images(path, 1.0)
