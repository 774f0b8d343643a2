"""Potential and damping, read from a trained L_D(q, q') at rest."""

import numpy as np
import torch

from dlnn_utils import check
from dlnn_utils.models import Mechanics


def potential_and_damping(model: Mechanics, q) -> tuple[np.ndarray, np.ndarray]:
    """Return V(q) = L_D(q, 0) - L_D(0, 0), and C(q) of Eq. 12 at rest.

    For L_D = (1/2) q'^T M q' + q'^T g(q) + V(q) data determine both; so they are what they seem
    if the model was trained in the Euler-Lagrange form.

    Parameters
    ----------
    model : Mechanics
    q : array (N, n)
        Positions.

    Returns
    -------
    V : array (N,)
    C : array (N, n, n)

    Raises
    ------
    ValueError
        If q does not fit the model.
    """
    q = check.array("q", q, (None, model.n))
    x = np.hstack([q, np.zeros_like(q)])
    with torch.no_grad():
        values = model.network.value(torch.from_numpy(np.vstack([x, 0 * x[:1]]))).numpy()
    return values[:-1] - values[-1], model.matrices(x)["C"]
