"""Dissipative Lagrangian networks: learn L_D from data, evolve forward and backward.

Public names are imported on first use, so that `import dlnn_utils` itself costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_EXPORTS = {
    "ACTIVATIONS": "activations",
    "DenseNetwork": "network",
    "ScalarNetwork": "network",
    "Diffusion": "models",
    "Mechanics": "models",
    "Baseline": "baseline",
    "fit_diffusion": "fit",
    "fit_mechanics": "fit",
    "train": "fit",
    "train_to_losses": "matched_loss",
    "loss_of": "matched_loss",
    "Comparison": "comparison",
    "Contestant": "comparison",
    "train_adam": "adam",
    "train_levenberg_marquardt": "levenberg_marquardt",
    "train_gauss_newton": "gauss_newton",
    "fit_images": "images",
    "fit_symmetric": "symmetric_fit",
    "fit_local": "local_fit",
    "train_local": "local_fit",
    "LocalDiffusion": "local_energy",
    "LargePlate": "large_plate",
    "ConstantCoefficients": "prior",
    "DivergenceError": "training",
    "IntegrationError": "integration",
    "integrate": "integration",
    "rates_from_states": "rates",
    "frame_rates": "rates",
    "trajectory_errors": "evaluation",
    "fit_least_squares": "evaluation",
    "intrinsic_dimension": "dimension",
    "LinearSystem": "systems",
    "MassSpringDamper": "systems",
    "Relaxation": "systems",
    "TABLE_1": "systems",
    "table_1": "systems",
    "lehmer": "systems",
    "square_grid": "systems",
    "Plate": "finite_elements",
    "Recording": "recording",
    "Learned": "recording",
    "cosine_error": "finite_elements",
    "SHAPES": "microstructures",
    "elements_of": "microstructures",
    "nodes_of": "microstructures",
    "diffusivity": "microstructures",
    "grains": "large_plate",
    "relative_error": "microstructures",
    "overlap": "microstructures",
    "reverse": "regularisation",
    "add_noise": "regularisation",
    "tikhonov": "regularisation",
    "discrepancy_weight": "regularisation",
    "ways_back": "reversal",
    "NonlinearSystem": "nonlinear",
    "HardeningSprings": "nonlinear",
    "AllenCahn": "allen_cahn",
    "smooth_states": "smoothing",
    "fit_from_states": "from_states",
    "RoundTrip": "round_trip",
    "potential_and_damping": "reading",
    "fit_sindy_pixels": "peers.sindy_pixels",
    "read_states": "own_states",
    "read_images": "own_images",
    "noise_of": "horizon",
    "jacobian_at": "horizon",
    "horizon_of": "horizon",
    "Horizon": "horizon",
    "estimate_state": "state_estimate",
    "way_back": "state_estimate",
    "HNN": "peers.hnn",
    "DHNN": "peers.dhnn",
    "LNN": "peers.lnn",
    "GLNN": "peers.glnn",
    "DeLaN": "peers.delan",
    "fit_dmd": "peers.dmd",
    "fit_sindy": "peers.sindy",
    "Contest": "peers.contest",
}

__all__ = list(_EXPORTS)


def __getattr__(name: str):
    """Import a public name from the module that defines it."""
    if name not in _EXPORTS:
        raise AttributeError(f"dlnn_utils has no {name!r}; it has {', '.join(_EXPORTS)}")
    return getattr(import_module(f"dlnn_utils.{_EXPORTS[name]}"), name)


def __dir__() -> list[str]:
    return __all__
