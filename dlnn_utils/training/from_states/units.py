"""Units inside a fit: median steps of time, the spread of positions, the largest mass."""

from typing import NamedTuple

import numpy as np
import torch

from dlnn_utils.models.model import Model
from dlnn_utils.models.motion import Mechanics


class Units(NamedTuple):
    """Origin (m,) and sizes (m,) of what is measured, and the sizes of x, a step and a mass."""

    origin: np.ndarray
    sizes: np.ndarray
    size: float
    step: float
    mass: float

    @classmethod
    def of(cls, x: np.ndarray, t: np.ndarray, M: np.ndarray | None) -> "Units":
        """Return the units of measured states x (T, B, m) at rising times t (T,)."""
        n = x.shape[2] if M is None else min(len(M), x.shape[2])
        origin, step = x.mean(axis=(0, 1)), float(np.median(np.diff(t)))
        origin[n:] = 0.0  # a velocity has no origin to choose
        size = float(np.sqrt(np.mean((x - origin)[..., :n] ** 2))) or 1.0
        sizes = np.where(np.arange(x.shape[2]) < n, size, size / step)
        return cls(origin, sizes, size, step, 1.0 if M is None else float(np.abs(M).max()))

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
        network.output_scale *= energy
