"""Reading images of one's own."""

import numpy as np
import pytest
from PIL import Image

from dlnn_utils import read_images
from dlnn_utils.companion.paths import ROOT
from dlnn_utils.samples import plate, write_images

GREY = np.arange(96, dtype=np.uint8).reshape(4, 4, 6)


def save(folder, images, name="{}.png"):
    folder.mkdir(exist_ok=True)
    for k, image in enumerate(images):
        Image.fromarray(image).save(folder / name.format(k))
    return folder


@pytest.mark.parametrize(("name", "recording"), [("plate", 1), ("plate_other", 2)])
def test_the_images_that_ship_are_those_that_are_made(tmp_path, name, recording):
    write_images(tmp_path / "again", recording)
    shipped, again = (read_images(f, 0.01) for f in (ROOT / "data" / name, tmp_path / "again"))
    np.testing.assert_array_equal(shipped.c, again.c)
    exact = plate(recording)[2]
    assert np.abs(shipped.flat - exact).max() <= shipped.step / 2 + 1e-12
    assert (shipped.flat - exact).std() == pytest.approx(shipped.step / 12**0.5, rel=0.05)


def test_sixteen_bits_are_finer(tmp_path):
    write_images(tmp_path / "fine", 1, bits=16)
    images, exact = read_images(tmp_path / "fine", 0.01), plate(1)[2]
    assert images.step == pytest.approx(1 / 65535)
    assert np.abs(images.flat - exact).max() <= images.step / 2 + 1e-12


@pytest.mark.parametrize("name", ["{}.png", "{}.tif", "frame {}.TIFF"])
def test_folders_in_the_order_of_their_numbers(tmp_path, name):
    images = [np.full((2, 3), k, np.uint8) for k in range(12)]
    read = read_images(save(tmp_path / "mine", images, name), times=0.5, white=255.0)
    np.testing.assert_allclose(read.c[:, 0, 0], np.arange(12))
    np.testing.assert_allclose(read.t, 0.5 * np.arange(12))
    assert read.flat.shape == (12, 6)


@pytest.mark.parametrize(
    ("stack", "white", "step"),
    [(GREY, 255, 1 / 255), (GREY.astype(np.uint16), 65535, 1 / 65535), (GREY / 7.0, 1, 0.0)],
)
def test_stacks(tmp_path, stack, white, step):
    np.save(tmp_path / "mine.npy", stack)
    read = read_images(tmp_path / "mine.npy", times=[0, 1, 3, 4])
    np.testing.assert_allclose(read.c, stack / white)
    assert read.step == pytest.approx(step)


def test_shrinking_averages_squares(tmp_path):
    np.save(tmp_path / "mine.npy", GREY)
    read = read_images(tmp_path / "mine.npy", 1.0, white=255.0, shrink=2)
    assert read.c.shape == (4, 2, 3)
    assert read.c[0, 0, 0] == np.mean(GREY[0, :2, :2])
    with pytest.raises(ValueError, match="shrink must divide the images' 4 x 6 pixels; got 4"):
        read_images(tmp_path / "mine.npy", 1.0, shrink=4)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            [GREY[0], GREY[1], GREY[2, :3]],
            r"2\.png: it must have 4 x 6 pixels as 0\.png; got 3 x 6",
        ),
        (
            [np.zeros((4, 6, 3), np.uint8)] * 3,
            r"0\.png: it must be a grey image; got colours \(RGB",
        ),
        ([GREY[0]], "there must be at least 3 images; got 1"),
        ([GREY[0], GREY[1], GREY[2].astype(np.uint16)], r"2\.png: its white must be 255 .* 65535"),
        ([], "there is no PNG or TIFF file in it"),
    ],
)
def test_bad_folders(tmp_path, images, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_images(save(tmp_path / "mine", images), 1.0)
    assert str(tmp_path / "mine") in str(caught.value) and "\n" not in str(caught.value)


HOLE = GREY / 1.0
HOLE[2, 1, 3] = np.nan


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (HOLE, "frame 2, row 1, column 3: pixels must be finite; got nan"),
        (GREY[0], r"it must have shape \(T, rows, columns\); got \(4, 6\)"),
        (GREY[:1], "there must be at least 3 images; got 1"),
        (GREY.astype(int), "it must hold uint8, uint16 or floats; got int64"),
    ],
)
def test_bad_stacks(tmp_path, stack, message):
    np.save(tmp_path / "mine.npy", stack)
    with pytest.raises(ValueError, match=rf"mine\.npy.*{message}"):
        read_images(tmp_path / "mine.npy", 1.0)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0, 1, 2], "times must hold one for each of the 4 images; got 3"),
        ([3, 2, 1, 0], "times must rise, in the order of the images; they fall"),
        ([0, 1, 1, 2], "t must not repeat a time; got 1 twice"),
        (0.0, "times must be positive; got 0"),
    ],
)
def test_bad_times(tmp_path, times, message):
    np.save(tmp_path / "mine.npy", GREY)
    with pytest.raises(ValueError, match=message):
        read_images(tmp_path / "mine.npy", times)


def test_what_is_no_image_is_named(tmp_path):
    with pytest.raises(ValueError, match="none: there is no such folder or file"):
        read_images(tmp_path / "none", 1.0)
    for name, message in (("a.npy", "it cannot be read as an array"), ("a.avi", "an .npy file")):
        (tmp_path / name).write_text("nothing")
        with pytest.raises(ValueError, match=message):
            read_images(tmp_path / name, 1.0)
    folder = save(tmp_path / "mine", GREY)
    (folder / "1.png").write_text("nothing")
    with pytest.raises(ValueError, match=r"1\.png: it cannot be read as an image"):
        read_images(folder, 1.0)
