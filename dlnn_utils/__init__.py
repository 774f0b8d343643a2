"""Dissipative Lagrangian networks: learn L_D from data, evolve forward and backward.

Public names are imported on first use, so that `import dlnn_utils` itself costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_EXPORTS = {
    "ScalarNetwork": "models.network",
    "Diffusion": "models.motion",
    "Mechanics": "models.motion",
    "Baseline": "models.model",
    "fit_diffusion": "training.fit",
    "fit_mechanics": "training.fit",
    "train": "training.fit",
    "train_to_losses": "training.matched_loss",
    "rate_error": "training.loss",
    "train_gauss_newton": "training.gauss_newton",
    "fit_images": "training.images",
    "fit_symmetric": "training.least_squares",
    "fit_local": "fields.local",
    "LocalDiffusion": "fields.local",
    "DivergenceError": "training.loss",
    "IntegrationError": "integration",
    "integrate": "integration",
    "rates_from_states": "data.rates",
    "trajectory_errors": "systems.evaluation",
    "fit_least_squares": "training.least_squares",
    "intrinsic_dimension": "systems.evaluation",
    "LinearSystem": "systems.linear",
    "MassSpringDamper": "systems.linear",
    "Relaxation": "systems.linear",
    "TABLE_1": "systems.linear",
    "table_1": "systems.linear",
    "lehmer": "systems.linear",
    "square_grid": "systems.linear",
    "Plate": "systems.plate",
    "Recording": "systems.recording",
    "backward_errors": "systems.backward",
    "SHAPES": "systems.shapes",
    "elements_of": "systems.shapes",
    "nodes_of": "systems.shapes",
    "diffusivity": "systems.shapes",
    "grains": "systems.shapes",
    "relative_error": "systems.evaluation",
    "overlap": "systems.evaluation",
    "HardeningSprings": "systems.springs",
    "AllenCahn": "systems.allen_cahn",
    "smooth_states": "data.smoothing",
    "fit_from_states": "training.from_states.fitting",
    "fit_motion": "training.from_states.choosing",
    "fit_plate": "training.plates.fit",
    "OpenPlate": "training.plates.law",
    "RoundTrip": "systems.evaluation",
    "potential_and_damping": "models.motion",
    "fit_sindy_pixels": "peers.regression",
    "read_states": "data.files.states",
    "save": "storage",
    "load": "storage",
    "read_images": "data.files.images",
    "first_parts": "answers.motion",
    "answer_motion": "answers.motion",
    "fit_material": "answers.material",
    "answer_images": "answers.images",
    "noise_of": "data.horizon",
    "jacobian_at": "data.horizon",
    "horizon_of": "data.horizon",
    "estimate_state": "data.last_state",
    "HNN": "peers.hamiltonian",
    "DHNN": "peers.hamiltonian",
    "PseudoHamiltonian": "peers.hamiltonian",
    "Onsager": "peers.hamiltonian",
    "LNN": "peers.lagrangian",
    "GLNN": "peers.lagrangian",
    "DeLaN": "peers.delan",
    "fit_dmd": "peers.regression",
    "fit_sindy": "peers.regression",
    "Contest": "peers.contest",
    "LinearLaw": "reversal.law",
    "NonlinearLaw": "reversal.law",
    "Matern": "reversal.priors",
    "Bounded": "reversal.priors",
    "TwoPhase": "reversal.priors",
    "TotalVariation": "reversal.priors",
    "LearnedEnergy": "reversal.patches",
    "Posterior": "reversal.posterior",
    "flip_samples": "reversal.flips",
    "Density": "fields.density",
    "probes": "fields.probes",
    "FieldEnergy": "fields.energy",
    "fit_field": "fields.fit",
    "condition_numbers": "reversal.conditioning",
    "coverage": "reversal.diagnostics",
    "reliability": "reversal.diagnostics",
    "brier": "reversal.diagnostics",
    "noise_of_image": "reversal.diagnostics",
}

__all__ = list(_EXPORTS)


def __getattr__(name: str):
    """Import a public name from the module that defines it."""
    if name not in _EXPORTS:
        raise AttributeError(f"dlnn_utils has no {name!r}; it has {', '.join(_EXPORTS)}")
    return getattr(import_module(f"dlnn_utils.{_EXPORTS[name]}"), name)


def __dir__() -> list[str]:
    return __all__
