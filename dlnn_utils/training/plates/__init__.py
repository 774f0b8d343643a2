"""Plates of unknown material that lose at their edges, learned from one recording of images."""

from dlnn_utils.training.plates.fit import PlateFit, fit_plate
from dlnn_utils.training.plates.law import OpenPlate

__all__ = ["OpenPlate", "PlateFit", "fit_plate"]
