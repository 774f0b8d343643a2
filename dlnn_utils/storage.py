"""Fitted models in a file: arrays and a description in JSON, nothing that runs."""

import json
import os
from pathlib import Path

import numpy as np
import torch

from dlnn_utils._arguments import checked
from dlnn_utils.fields.local import LocalDiffusion
from dlnn_utils.models.model import Baseline, Model
from dlnn_utils.models.motion import Diffusion, Mechanics
from dlnn_utils.models.network import DenseNetwork, ScalarNetwork
from dlnn_utils.training.from_states.laws import Friction
from dlnn_utils.training.images import ImageDiffusion

FORMAT = 1
FRICTION = ("drag", "dry", "soft")
SAVED = (Diffusion, Mechanics, LocalDiffusion, Baseline, Friction)
KINDS = {kind.__name__: kind for kind in SAVED}


@checked
def save(model: Model | LocalDiffusion, path) -> Path:
    """Save a fitted model to an NPZ file, which `load` reads; an older file is replaced whole.

    Parameters
    ----------
    model : Diffusion, Mechanics, LocalDiffusion or Baseline
        As the fits return them; of `fit_motion` its `.model`.
    path : str or Path
        Such as "mine.npz"; the ending is added if it is missing.

    Returns
    -------
    Path
        Of the file.  It holds arrays and text only: no pickle.
    """
    kind = "Diffusion" if type(model) is ImageDiffusion else type(model).__name__
    if kind not in KINDS:
        raise ValueError(f"model must be one of {', '.join(KINDS)}; got {kind}")
    net = model.network
    said = {"format": FORMAT, "model": kind, "activation": net.activation_names}
    said |= {"widths": [len(b) for b in net.biases][: len(net.activation_names)]}
    said |= {"form": getattr(model, "form", None), "n_outputs": getattr(model, "n_outputs", 1)}
    arrays = {f"network.{k}": v.detach().cpu().numpy() for k, v in net.state_dict().items()}
    if isinstance(model, LocalDiffusion):
        arrays |= {"D": model.D, "M": model.M}
    elif isinstance(model, Mechanics):
        arrays["M"] = model.M.cpu().numpy()
        arrays |= {k: getattr(model, k).numpy() for k in FRICTION if isinstance(model, Friction)}
    elif model.metric.M is not None:
        arrays["M"] = model.metric.M
    path = Path(path)
    path = path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
    aside = path.with_name(f".{path.name}.part")
    with open(aside, "wb") as file:
        np.savez(file, description=json.dumps(said), **arrays)
    os.replace(aside, path)
    return path


def load(path) -> Model | LocalDiffusion:
    """Return the model of a file that `save` wrote; it evolves as the saved one, bit for bit.

    Raises
    ------
    ValueError
        If the file is none, or from another version.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        said = json.loads(str(arrays.pop("description")))
        kind = KINDS[said["model"]] if said["format"] == FORMAT else None
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except (ValueError, KeyError, TypeError, OSError, EOFError):
        raise ValueError(f"{path}: it must be a file written by dlnn_utils.save") from None
    if kind is None:
        raise ValueError(f"{path}: its format must be {FORMAT}; got {said['format']}")
    state = {k.removeprefix("network."): torch.from_numpy(v)
             for k, v in arrays.items() if k.startswith("network.")}  # fmt: skip
    options = dict(activation=said["activation"], dtype=state["weights.0"].dtype)
    size, M = state["weights.0"].shape[1], arrays.get("M")
    if kind is Baseline:
        task = "diffusion" if said["n_outputs"] == size else "mechanics"
        model = Baseline(size, task, said["widths"], M, **options)
    else:
        network: DenseNetwork = ScalarNetwork(size, said["widths"], **options)
        if kind is Friction:
            given = M, *(arrays[name] for name in FRICTION)
        else:
            given = (arrays["D"], M) if kind is LocalDiffusion else (M, said["form"])
        model = kind(network, *given)
    model.network.load_state_dict(state)
    return model
