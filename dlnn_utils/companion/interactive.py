"""Sliders over time and noise: a trained network runs an image forward and backward, at once.

Where a notebook is run by the engine no slider is made, and a still picture stands in its place;
so the notebooks as committed hold no widget, and read the same everywhere.
"""

import base64
import io
import os

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from PIL import Image

from dlnn_utils import check
from dlnn_utils.integration import IntegrationError
from dlnn_utils.microstructures import relative_error
from dlnn_utils.recording import Learned, Recording

from .run import FOLDER_VARIABLE

NOISES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""What the slider over noise offers: standard deviations in units of concentration."""

UNITS = {"ms": 1e3, "s": 1.0}
"""In which times can be shown, and how many of each are a second."""

QUICK = {"method": "RK45", "rtol": 1e-5, "atol": 1e-6, "max_evaluations": 3000}
"""Of the integration: far more than a picture shows, and done in some milliseconds."""


class Explorer:
    """An image of a recording, run by a network as far as a slider says.

    Time 0 is the image that was observed; noise is added to it, and the network's equation is
    integrated from there, anew at each move of a slider.

    Parameters
    ----------
    recording : Recording
        Its plate gives the exact images beside the network's.
    learned : Learned
        A network trained on it.
    frame : int
        Which of the recorded images is observed, and so how far back the slider goes.
    ahead : int
        How many frames the slider goes forward.
    unit : {"ms", "s"}
        Of the times shown.
    seed : int
        Of the noise.

    Attributes
    ----------
    time, noise : ipywidgets slider
        Frames from the observed image on, and the noise's standard deviation.
    picture : ipywidgets.Image
        What is seen, as PNG.

    Raises
    ------
    ValueError
        If the frame is not among those recorded after the first, ahead is not positive, or there
        is no such unit.
    """

    def __init__(
        self,
        recording: Recording,
        learned: Learned,
        frame: int,
        ahead: int,
        unit: str = "ms",
        seed: int = 0,
    ):
        self.frame, last = check.positive_integer("frame", frame), len(recording.t) - 1
        self.ahead = check.positive_integer("ahead", ahead)
        if self.frame > last:
            raise ValueError(f"frame must be at most the last, {last}; got {frame}")
        self.recording, self.learned = recording, learned
        self.step = (recording.t[-1] - recording.t[0]) / last
        if unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}; got {unit!r}")
        self._factor, self._unit = UNITS[unit], unit
        self._noise = np.random.default_rng(seed).standard_normal(recording.plate.n)
        self._axes: list = []
        self.live = not os.environ.get(FOLDER_VARIABLE)
        if self.live:
            self._make_widgets()

    def images(self, steps: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact and the network's concentrations, some frames from the observed image.

        Parameters
        ----------
        steps : int
            Below 0 for backward.
        noise : float
            Standard deviation of the noise on the observed image.

        Returns
        -------
        exact, network : array (n,)
            The network's are not a number if its solution blows up.
        """
        first, times = self.recording.c[0], [0.0, (self.frame + steps) * self.step]
        exact = first if times[1] == 0 else self.recording.plate.evolve(first, times)[-1]
        start = self.recording.c[self.frame] + noise * self._noise
        if steps == 0:
            return exact, start
        try:
            return exact, self.learned.evolve(start, [0, steps * self.step], **QUICK)[-1]
        except IntegrationError:
            return exact, np.full_like(exact, np.nan)

    def png(self, steps: int, noise: float) -> bytes:
        """Return the picture at some frames from the observed image, with noise on that."""
        exact, network = self.images(steps, noise)
        if not self._axes:
            self._make_figure()
        time = f"{self._factor * steps * self.step:+.4g} {self._unit}"
        blown = not np.isfinite(network).all()
        said = "blows up" if blown else f"error {relative_error(network, exact):.2%}"
        network = np.zeros_like(exact) if blown else network
        titles = f"exact, {time}", f"network: {said}"
        self._canvas.restore_region(self._background)
        for shown, image, title in zip(self._axes, (exact, network), titles):
            shown.set_data(self.recording.plate.image(image))
            shown.axes.set_title(title)
            for artist in (shown, shown.axes.title):
                shown.axes.draw_artist(artist)
        out = io.BytesIO()
        picture = Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3])
        picture.save(out, "png", compress_level=1)
        return out.getvalue()

    def _make_figure(self) -> None:
        """Draw once what does not change, so that a move draws two images and their titles."""
        figure = Figure(figsize=(5.2, 2.4), dpi=100, layout="none")
        self._canvas = FigureCanvasAgg(figure)
        side = len(self.recording.plate.D) + 1
        for left in (0.02, 0.44):
            ax = figure.add_axes((left, 0.04, 0.4, 0.83), xticks=[], yticks=[])
            blank, norm = np.zeros((side, side)), PowerNorm(0.5, 0, 1)
            self._axes.append(ax.imshow(blank, cmap="cividis", norm=norm, animated=True))
            ax.set_title("", fontsize=9).set_animated(True)
        bar = figure.add_axes((0.86, 0.1, 0.02, 0.7))
        figure.colorbar(self._axes[0], cax=bar, label="concentration (mol/m³)")
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(figure.bbox)

    def _make_widgets(self) -> None:
        import ipywidgets as widgets

        wide = {"layout": {"width": "520px"}, "style": {"description_width": "110px"}}
        frames = range(-self.frame, self.ahead + 1)
        times = [(f"{self._factor * k * self.step:+.4g} {self._unit}", k) for k in frames]
        noises = [(f"{size:g}", size) for size in NOISES]
        self.time = widgets.SelectionSlider(
            options=times, value=-self.frame, description="time from image", **wide
        )
        self.noise = widgets.SelectionSlider(options=noises, description="noise on it", **wide)
        self.picture = widgets.Image(format="png", value=self.png(self.time.value, 0.0))
        self._box = widgets.VBox([self.time, self.noise, self.picture])
        for slider in (self.time, self.noise):
            slider.observe(self._moved, names="value")

    def _moved(self, _) -> None:
        self.picture.value = self.png(self.time.value, self.noise.value)

    def _repr_mimebundle_(self, **_) -> dict:
        """Show the sliders where there is someone to move them, else the picture alone."""
        still = base64.b64encode(self.png(-self.frame, 0.0)).decode()
        shown = {"text/plain": f"<{type(self).__name__}>", "image/png": still}
        return shown | (self._box._repr_mimebundle_() if self.live else {})
