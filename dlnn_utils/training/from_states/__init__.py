"""Learning from states alone: whole trajectories fitted to what was measured."""

from dlnn_utils.training.from_states.choosing import fit_motion
from dlnn_utils.training.from_states.fitting import fit_from_states

__all__ = ["fit_from_states", "fit_motion"]
