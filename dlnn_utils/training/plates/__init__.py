"""Plates of unknown material that lose at their edges, learned from one recording of images."""
