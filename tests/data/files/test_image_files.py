"""Reading images of one's own."""

from runpy import run_path

import numpy as np
import pytest
from PIL import Image

from dlnn_utils import read_images
from dlnn_utils.reproduce.engine.paths import ROOT

MADE = run_path(str(ROOT / "data/make.py"))
plate, write_images = MADE["plate"], MADE["write_images"]
GREY = np.arange(192, dtype=np.uint8).reshape(4, 8, 6)
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
    assert read.c.shape == (4, 4, 3)
    assert read.c[0, 0, 0] == np.mean(GREY[0, :2, :2])


COLOURS = np.random.default_rng(0).integers(0, 255, (3, 4, 6, 3), np.uint8)


def frames(kind, values=GREY):
    """The images of GREY as Pillow's of a kind."""
    return [Image.fromarray(v).convert(kind) for v in values]


def pages(path, images, **options):
    path.parent.mkdir(exist_ok=True, parents=True)
    images[0].save(path, save_all=True, append_images=images[1:], **options)


def pillow_folder(path, images, ending):
    path.mkdir()
    for k, image in enumerate(images):
        image.save(path / f"{k}.{ending}")


WRITTEN = {  # name: how to write GREY / 255 under a path, the name, what the report says
    "grey PNG": (lambda p: pillow_folder(p, frames("L"), "png"), "m", "grey of 8 bits"),
    "RGB": (lambda p: pillow_folder(p, frames("RGB"), "png"), "m", "RGB whose colours are grey"),
    "alpha": (lambda p: pillow_folder(p, frames("LA"), "png"), "m", "LA whose colours are grey"),
    "palette": (lambda p: pillow_folder(p, frames("P"), "png"), "m", "P whose colours are grey"),
    "BMP": (lambda p: pillow_folder(p, frames("L"), "bmp"), "m", "grey of 8 bits"),
    "pages": (lambda p: pages(p, frames("L")), "m.tif", "4 images of 8 x 6"),
    "GIF": (lambda p: pages(p, frames("L")), "m.gif", "4 images of 8 x 6"),
    "float": (lambda p: pages(p, frames("F", GREY / np.float32(255))), "m.tif", "floating point"),
    "array": (lambda p: np.save(p, GREY), "m.npy", "axes TYX"),
    "last": (lambda p: np.save(p, np.moveaxis(GREY, 0, -1)), "m.npy", "axes YXT"),
    "NPZ": (lambda p: np.savez(p, t=np.arange(4.0), film=GREY), "m.npz", "film of uint8"),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_forms_of_one_sequence(tmp_path, form):
    write, name, said = WRITTEN[form]
    write(tmp_path / name)
    read = read_images(tmp_path / name, np.arange(4.0))
    np.testing.assert_allclose(read.c, GREY / 255, rtol=1e-6)
    assert said in read.report and "\n" not in read.report


def test_jpeg_and_colours_are_said(tmp_path):
    pillow_folder(tmp_path / "lossy", frames("L", GREY[:3]), "jpg")
    read = read_images(tmp_path / "lossy", 1.0)
    assert np.abs(read.c - GREY[:3] / 255).max() < 0.05 and "with loss" in read.report
    pillow_folder(tmp_path / "false", frames("RGB", COLOURS), "png")
    read = read_images(tmp_path / "false", 1.0)
    np.testing.assert_allclose(read.c, COLOURS @ [0.299, 0.587, 0.114] / 255, atol=3e-3)
    assert "RGB turned to luminance" in read.report


def test_every_page_of_every_file_and_no_other_file(tmp_path):
    for k in range(4):
        pages(tmp_path / f"m/{k}.tif", frames("L", GREY[[k] * 6]))
    for name in ("Thumbs.db", "._0.png"):
        (tmp_path / "m" / name).write_text("nothing")
    read = read_images(tmp_path / "m", 1.0)
    np.testing.assert_allclose(read.c[::6], GREY / 255)
    assert len(read.c) == 24 and "4 files of several pages; 2 other files" in read.report


def test_whole_numbers_need_their_white(tmp_path):
    pages(tmp_path / "i.tif", [Image.fromarray(v.astype(np.int32)) for v in GREY])
    np.save(tmp_path / "i.npy", GREY.astype(int))
    for name in ("i.tif", "i.npy"):
        with pytest.raises(ValueError, match=r"no white of its own; give level= .* is 191\)"):
            read_images(tmp_path / name, 1.0)
        np.testing.assert_allclose(read_images(tmp_path / name, 1.0, level=255).c, GREY / 255)
    twelve = GREY.astype(np.uint16) * 20
    pillow_folder(tmp_path / "12", [Image.fromarray(v) for v in twelve], "png")
    with pytest.warns(UserWarning, match="largest value is 3820, white is 65535; give level="):
        read_images(tmp_path / "12", 1.0)
    np.testing.assert_allclose(read_images(tmp_path / "12", 1.0, level=4095).c, twelve / 4095)


def test_axes_regions_and_profiles(tmp_path):
    stack = GREY[:, :4, :4]
    np.save(tmp_path / "m.npy", np.stack([*stack, *stack], axis=-1))
    with pytest.raises(ValueError, match=r'may be 4 or 8 images; give axes="TYX"'):
        read_images(tmp_path / "m.npy", 1.0)
    read = read_images(tmp_path / "m.npy", 1.0, axes="YXT", region=((1, 3), (0, 2)))
    np.testing.assert_allclose(read.c[:4], stack[:, 1:3, :2] / 255)
    np.save(tmp_path / "line.npy", GREY[0])
    read = read_images(tmp_path / "line.npy", 1.0, axes="TX", shrink=3)
    np.testing.assert_allclose(read.flat, GREY[0].reshape(8, 2, 3).mean(2) / 255)
    for region in (3, ((0, 9), (0, 2)), ((2, 1), (0, 2))):
        with pytest.raises(ValueError, match="region must "):
            read_images(tmp_path / "m.npy", 1.0, axes="YXT", region=region)


BAD = [
    ([*GREY[:2], GREY[2, :3]], 1.0, r"2\.png: it must .* 8 x 6 .* as 0\.png; got 3 x 6 pixels"),
    ([*GREY[:2], GREY[2].astype(np.uint16)], 1.0, r"2\.png: .* white 255, .* white 65535"),
    ([], 1.0, "there is no image in it"),
    (HOLE, 1.0, "frame 2, row 1, column 3: pixels must be finite; got nan"),
    (GREY[0, 0], 1.0, r"it must hold one array \(T, rows, columns\); got array \(6,\)"),
    (GREY[:1], 1.0, "there must be at least 3 images; got 1"),
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
    with pytest.raises(ValueError, match="shrink must divide 8 x 6 pixels; got 4"):
        read_images(save(tmp_path / "mine", GREY), 1.0, shrink=4)
    folder = save(tmp_path / "mine", list(GREY))
    for name in ("a.npy", "a.avi", "mine/1.png"):
        (tmp_path / name).write_text("nothing")
    for path, message in (
        (tmp_path / "a.npy", "it cannot be read as an array"),
        (tmp_path / "a.avi", "it must be a folder of images, a TIFF or GIF, or an array"),
        (folder, r"1\.png: it cannot be read as an image"),
        (tmp_path / "none", "none: there is no such folder or file"),
    ):
        with pytest.raises(ValueError, match=message):
            read_images(path, 1.0)
