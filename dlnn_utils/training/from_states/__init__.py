"""Learning from states alone: whole trajectories fitted to what was measured."""
