"""Plates, images, the way back and microstructures."""

from functools import partial

import numpy as np
import skfem
from properties.any_input import Case
from properties.systems_cases import STEPS, near, starts_there

import dlnn_utils as dlnn

RNG = np.random.default_rng(1)
D = np.full((2, 2), 0.5)
PLATE = dlnn.Plate.of(D)
T = np.linspace(0, 0.1, 4)
C = RNG.uniform(0, 1, (3, PLATE.n))
RECORDING = dlnn.Recording.of(PLATE, C[0], T)
SQUARE = dlnn.elements_of("square", 7)
SEPARATING = dlnn.AllenCahn(PLATE)
LOCAL = dlnn.LocalDiffusion(dlnn.ScalarNetwork(8, (4,), "quadratic"), D)
BASIS = skfem.Basis(skfem.MeshQuad().refined(1), skfem.ElementQuad1())
PROBES = dlnn.probes(BASIS, "grad")
DENSITY = dlnn.Density(dlnn.ScalarNetwork(2, (3,), "quadratic"), PROBES)
MASS = np.full(9, 1 / 9)
LAW = dlnn.FieldEnergy(DENSITY, MASS)
FIELD = RNG.normal(size=(3, 9))


def conserves(a, D, mass):
    return abs(a.K - a.K.T).max() == 0 and near(a.K.sum(axis=0) / (1 + np.max(D)), np.zeros(a.n))


# fmt: off
CASES = [
    Case(dlnn.Plate.of, D=D, mass="lumped", right=conserves),
    Case(PLATE.rate, c=C, right=lambda a, c: a.shape == np.shape(c)),
    Case(PLATE.evolve, c0=C, t=T, right=lambda a, c0, t: starts_there(a, c0, t)),
    Case(PLATE.image, c=C, right=lambda a, c: a.shape == (*np.shape(c)[:-1], 3, 3)),
    Case(PLATE.amplification, t=0.1, right=lambda a, t: a >= 0, finite=False),
    Case(dlnn.Recording.of, PLATE, start=C[0], t=T,
         right=lambda a, start, t: near(a.c[0], np.ravel(start))),
    Case(RECORDING.back, PLATE, images=C[:2], frames=2, called="c0"),
    Case(dlnn.backward_errors, RECORDING, PLATE, noise=0.01, frames=2, draws=2, seed=0,
         right=lambda a, draws, **_: all(len(v) == draws for v in a.values())),
    Case(dlnn.elements_of, shape=[(0.1, 0.9, 0.1, 0.9)], m=3,
         right=lambda a, shape, m: a.shape == (m, m) and a.any()),
    Case(dlnn.nodes_of, elements=SQUARE,
         right=lambda a, elements: set(np.unique(a)) <= {0.0, 1.0}),
    Case(dlnn.diffusivity, elements=SQUARE, matrix=1.0, precipitate=0.01,
         right=lambda a, **_: (a > 0).all()),
    Case(dlnn.grains, m=3, seed=0, values=(0.1, 1.0),
         right=lambda a, values, **_: np.isin(a, np.asarray(values, float)).all()),
    Case(dlnn.relative_error, image=C[0], truth=C[1], right=lambda a, image, truth: a >= 0),
    Case(dlnn.overlap, image=C[0], truth=C[1], threshold=0.5, right=lambda a, **_: 0 <= a <= 1),
    Case(dlnn.AllenCahn, PLATE, rate_of_separation=1.0),
    Case(partial(SEPARATING.evolve, **STEPS), x0=C, t=T),
    Case(SEPARATING.smooth_starts, number=2, seed=0,
         right=lambda a, number, **_: a.shape == (number, PLATE.n)),
    Case(dlnn.LocalDiffusion, dlnn.ScalarNetwork(8, (4,), "quadratic"), D=D, M=PLATE.M),
    Case(partial(LOCAL.evolve, **STEPS), x0=C[:2], t=T),
    Case(dlnn.probes, BASIS, fields="grad", right=lambda a, fields: a.n == 9),
    Case(dlnn.Density, dlnn.ScalarNetwork(4, (3,), "quadratic"), PROBES, features={"D": 1.0}),
    Case(dlnn.FieldEnergy, DENSITY, metric=MASS, called="order", finite=False,
         right=lambda a, metric: a.n == 9),
    Case(dlnn.FieldEnergy, DENSITY, MASS, constraint=np.ones((1, 9)), order=1, called="terms"),
    Case(partial(LAW.evolve, method="DOP853"), x0=FIELD, t=T),
    Case(LAW.evolve, x0=FIELD, t=T, steps=1, accuracy=2),
    Case(dlnn.fit_field, LAW, x=FIELD, rate=LAW.rate(FIELD), max_steps=1, target=0.0,
         called="x rate"),
]
