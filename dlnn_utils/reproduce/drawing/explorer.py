"""Sliders over time and noise: a trained network runs an image forward and backward, at once.

Where the engine runs a notebook a still picture stands in their place: none is committed.
"""

import base64
import io
import os

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from dlnn_utils._arguments import Count, Seed, checked
from dlnn_utils.integration import follow
from dlnn_utils.reproduce.drawing import panels
from dlnn_utils.reproduce.run import FOLDER_VARIABLE
from dlnn_utils.systems.evaluation import relative_error

NOISES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""Standard deviations in mol/m³."""
QUICK = {"method": "RK45", "rtol": 1e-5, "atol": 1e-6, "max_evaluations": 3000}
"""Of the integration: more than a picture shows, and done in some milliseconds."""


class Explorer:
    """An image of a recording, run by a network as far as a slider says.

    Observed is the image `frame`, with noise from the seed; the slider goes back to the first
    and `ahead` frames forward. The recording's plate gives the exact images beside the network's.
    """

    @checked
    def __init__(self, recording, model, frame: Count, ahead: Count, seed: Seed = 0):
        last = len(recording.t) - 1
        if frame > last:
            raise ValueError(f"frame must be at most the last, {last}; got {frame}")
        self.recording, self.model, self.frame, self.ahead = recording, model, frame, ahead
        self.step = (recording.t[-1] - recording.t[0]) / last
        self._noise = np.random.default_rng(seed).standard_normal(recording.plate.n)
        self._figure = Figure(figsize=(5.2, 2.4), dpi=100, layout="none")
        self._canvas = FigureCanvasAgg(self._figure)
        first, unit = recording.plate.image(recording.c[0]), "concentration (mol/m³)"
        axes = self._figure.subplots(1, 2, gridspec_kw=dict(left=0.02, right=0.98, bottom=0.04))
        panels.images(axes, {"": [first, first]}, ["", ""], unit, scale="sqrt")
        self.live = not os.environ.get(FOLDER_VARIABLE)
        if self.live:
            self._make_widgets()

    def images(self, steps: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact and the network's concentrations (n,), NaN if its solution blows up."""
        first, times = self.recording.c[0], [0.0, (self.frame + steps) * self.step]
        exact = first if times[1] == 0 else self.recording.plate.evolve(first, times)[-1]
        start = self.recording.c[self.frame] + noise * self._noise
        if steps == 0:
            return exact, start
        return exact, follow(self.model, start, [0, steps * self.step], **QUICK)[-1]

    def png(self, steps: int, noise: float) -> bytes:
        """Return the picture so many frames from the observed image."""
        exact, network = self.images(steps, noise)
        finite = np.isfinite(network).all()
        said = f"error {relative_error(network, exact):.2%}" if finite else "blows up"
        titles = f"exact, {self._milliseconds(steps)}", f"network: {said}"
        for ax, c, title in zip(self._figure.axes, (exact, np.nan_to_num(network)), titles):
            ax.images[0].set_data(self.recording.plate.image(c))
            ax.set_title(title, fontsize=9)
        out = io.BytesIO()
        self._canvas.draw()
        Image.fromarray(np.asarray(self._canvas.buffer_rgba())).save(out, "png", compress_level=1)
        return out.getvalue()

    def _milliseconds(self, steps: int) -> str:
        return f"{1e3 * steps * self.step:+.4g} ms"

    def _make_widgets(self) -> None:
        import ipywidgets as widgets

        wide = {"layout": {"width": "520px"}, "style": {"description_width": "110px"}}
        times = [(self._milliseconds(k), k) for k in range(-self.frame, self.ahead + 1)]
        noises = [(f"{size:g}", size) for size in NOISES]
        self.time = widgets.SelectionSlider(options=times, description="time from image", **wide)
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
