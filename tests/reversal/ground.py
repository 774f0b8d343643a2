"""A plate of 64 nodes, an image of it 20 ms later with noise, and a prior."""

import numpy as np

import dlnn_utils as dlnn

M, NOISE, T = 7, 1e-2, 0.02
PLATE = dlnn.Plate.of(dlnn.grains(M, 0))
LAW, PRIOR = dlnn.LinearLaw.of(PLATE, T), dlnn.Matern(M, 0.3)
TRUTH = dlnn.nodes_of(dlnn.elements_of("l_shape", M)).ravel()
SEEN = LAW.forward(TRUTH) + NOISE * np.random.default_rng(0).normal(size=LAW.n)
