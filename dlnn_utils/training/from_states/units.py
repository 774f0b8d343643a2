"""Units inside a fit: median steps of time, the spread of positions, the largest mass."""

from typing import NamedTuple

import numpy as np
import torch

from dlnn_utils.models.model import Model
from dlnn_utils.models.motion import Mechanics
from dlnn_utils.training.from_states.laws import Friction


class Units(NamedTuple):
    """Origin (m,) and sizes (m,) of what is measured, and the sizes of x, a step and a mass."""

    origin: np.ndarray
    sizes: np.ndarray
    size: float
    step: float
    mass: float

    @classmethod
    def of(cls, runs: list, M: np.ndarray | None) -> "Units":
        """Return the units of recordings: rising times t (T,) and states x (T, m) of each."""
        x, steps = np.concatenate([x for _, x in runs]), [np.diff(t) for t, _ in runs]
        n = x.shape[1] if M is None else min(len(M), x.shape[1])
        origin, step = x.mean(axis=0), float(np.median(np.concatenate(steps)))
        origin[n:] = 0.0  # a velocity has no origin to choose
        size = float(np.sqrt(np.mean((x - origin)[..., :n] ** 2))) or 1.0
        sizes = np.where(np.arange(x.shape[1]) < n, size, size / step)
        return cls(origin, sizes, size, step, 1.0 if M is None else float(np.abs(M).max()))

    def scaled(self, runs: list) -> list:
        """Return recordings in these units, each from time 0 on."""
        return [((t - t[0]) / self.step, (x - self.origin) / self.sizes) for t, x in runs]

    @torch.no_grad()
    def give_back(self, model: Model) -> None:
        """Turn a model of scaled states and times into that of the states as they were given."""
        network, n = model.network, len(self.origin)
        factors = torch.full_like(network.input_scale, self.step / self.size)
        factors[:n] = torch.from_numpy(1 / self.sizes)
        network.input_scale *= factors
        origin = torch.zeros_like(factors)
        origin[:n] = torch.from_numpy(self.origin)
        network.biases[0] -= network.weights[0] @ (network.input_scale * origin)
        energy = self.size**2 / self.step
        if isinstance(model, Mechanics):
            energy = self.mass * energy / self.step
            model.M *= self.mass
            model.M_inverse /= self.mass
            if isinstance(model, Friction):
                model.drag *= self.mass / self.size
                model.dry *= energy / self.size
                model.soft *= self.size / self.step
        network.output_scale *= energy
