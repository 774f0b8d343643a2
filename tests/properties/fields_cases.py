"""Plates, images, their reversal and microstructures."""

import numpy as np
from properties.any_input import Case
from properties.systems_cases import near

import dlnn_utils as dlnn

RNG = np.random.default_rng(1)
D = np.full((2, 2), 0.5)
PLATE, LARGE = dlnn.Plate.of(D), dlnn.LargePlate.of(D)
T = np.linspace(0, 0.1, 4)
C = RNG.uniform(0, 1, (3, PLATE.n))
RECORDING = dlnn.Recording.of(PLATE, C[0], T)
SQUARE = dlnn.elements_of("square", 7)
SEPARATING = dlnn.AllenCahn(PLATE)
LOCAL = dlnn.LocalDiffusion(dlnn.ScalarNetwork(8, (4,), "quadratic"), D)


def like(c):
    return np.asarray(c, dtype=float)


CASES = [
    Case(
        "Plate.of",
        lambda D, mass: dlnn.Plate.of(D, mass).K,
        {"D": D, "mass": "lumped"},
        lambda a, D, mass: near(a, a.T) and near(a.sum(axis=0) / (1 + np.max(D)), 0 * a[0]),
    ),
    Case(
        "Plate.rate",
        PLATE.rate,
        {"c": C},
        lambda a, c: a.shape == np.shape(c),
        called={"c": "x"},
    ),
    Case(
        "Plate.evolve",
        PLATE.evolve,
        {"c0": C, "t": T},
        lambda a, c0, t: near(a[0], c0),
    ),
    Case(
        "Plate.to_weighted",
        lambda c: PLATE.from_weighted(PLATE.to_weighted(c)),
        {"c": C},
        lambda a, c: near(a, like(c)),
    ),
    Case("Plate.from_weighted", PLATE.from_weighted, {"c": C}),
    Case("Plate.amount", PLATE.amount, {"c": C}, lambda a, c: a.shape == np.shape(c)[:-1]),
    Case("Plate.image", PLATE.image, {"c": C}, lambda a, c: a.shape == (*np.shape(c)[:-1], 3, 3)),
    Case("Plate.amplification", PLATE.amplification, {"t": 0.1}, lambda a, t: a >= 0),
    Case("cosine_error", dlnn.cosine_error, {"m": 2, "mass": "lumped", "t": 0.1}),
    Case(
        "LargePlate.of", lambda D: dlnn.LargePlate.of(D).mass, {"D": D}, lambda a, D: a.min() > 0
    ),
    Case(
        "LargePlate.rate",
        LARGE.rate,
        {"c": C},
        lambda a, c: np.abs(a - PLATE.rate(c)).max() <= 1e-9 * np.abs(like(c)).max(),
    ),
    Case("LargePlate.evolve", LARGE.evolve, {"c0": C, "t": T}, lambda a, c0, t: near(a[0], c0)),
    Case(
        "Recording.of",
        lambda start, t: dlnn.Recording.of(PLATE, start, t).c,
        {"start": C[0], "t": T},
        lambda a, start, t: near(a[0], np.ravel(like(start))),
    ),
    Case("Recording.data", RECORDING.data, {"rates": "exact"}),
    Case(
        "Recording.back",
        lambda images, frames: RECORDING.back(PLATE, images, frames),
        {"images": C[:2], "frames": 2},
        called={"frames": "frames reverse", "images": "images observed c0"},
    ),
    Case(
        "Learned.evolve",
        dlnn.Learned(PLATE, PLATE.weighted).evolve,
        {"c0": C, "t": T},
        lambda a, c0, t: near(a[0], c0),
        called={"c0": "c0 c x0"},
    ),
    Case(
        "reverse",
        lambda **given: dlnn.reverse(PLATE, **given),
        {"observed": C, "span": 0.05, "recorded": 0.1},
        lambda a, observed, **_: a.shape == np.shape(observed),
        called={"observed": "observed c0", "span": "span reverse", "recorded": "recorded"},
    ),
    Case(
        "add_noise",
        lambda **given: dlnn.add_noise(rng=np.random.default_rng(0), **given),
        {"image": C[0], "size": 0.1, "draws": 2},
        lambda a, image, draws, **_: a.shape == (draws, len(image)),
        called={"size": "size noise"},
    ),
    Case(
        "tikhonov",
        lambda **given: dlnn.tikhonov(PLATE.weighted, **given),
        {"observed": C, "t": 0.1, "weight": 0.01},
        lambda a, observed, **_: a.shape == np.shape(observed),
    ),
    Case(
        "discrepancy_weight",
        lambda **given: dlnn.discrepancy_weight(PLATE.weighted, **given),
        {"observed": C, "t": 0.1, "noise": 0.1},
        lambda a, observed, **_: (a >= 0).all(),
    ),
    Case(
        "ways_back",
        lambda **given: dlnn.ways_back(RECORDING, PLATE, **given),
        {"noise": 0.01, "frames": 2, "draws": 2, "seed": 0},
        lambda a, draws, **_: all(len(v) == draws for v in a.values()),
        called={"frames": "frames reverse"},
    ),
    Case(
        "elements_of",
        dlnn.elements_of,
        {"shape": [(0.1, 0.9, 0.1, 0.9)], "m": 3},
        lambda a, shape, m: a.shape == (m, m) and a.any(),
    ),
    Case(
        "nodes_of",
        dlnn.nodes_of,
        {"elements": SQUARE},
        lambda a, elements: set(np.unique(a)) <= {0.0, 1.0},
    ),
    Case(
        "diffusivity",
        dlnn.diffusivity,
        {"elements": SQUARE, "matrix": 1.0, "precipitate": 0.01},
        lambda a, **_: (a > 0).all(),
    ),
    Case(
        "grains",
        dlnn.grains,
        {"m": 3, "seed": 0, "values": (0.1, 1.0)},
        lambda a, m, values, **_: a.shape == (m, m) and np.isin(a, like(values)).all(),
    ),
    Case(
        "relative_error",
        dlnn.relative_error,
        {"image": C[0], "truth": C[1]},
        lambda a, image, truth: a >= 0,
    ),
    Case(
        "overlap",
        dlnn.overlap,
        {"image": C[0], "truth": C[1], "threshold": 0.5},
        lambda a, **_: 0 <= a <= 1,
    ),
    Case(
        "AllenCahn", dlnn.AllenCahn, {"plate": PLATE, "rate_of_separation": 1.0}, fixed=("plate",)
    ),
    Case("AllenCahn.rate", SEPARATING.rate, {"x": C}, lambda a, x: a.shape == np.shape(x)),
    Case(
        "AllenCahn.evolve",
        lambda x0, t: SEPARATING.evolve(x0, t, max_evaluations=2000),
        {"x0": C, "t": T},
    ),
    Case("AllenCahn.energy", SEPARATING.energy, {"x": C}, lambda a, x: (a >= 0).all()),
    Case(
        "AllenCahn.smooth_starts",
        SEPARATING.smooth_starts,
        {"number": 2, "seed": 0, "modes": 5},
        lambda a, number, **_: a.shape == (number, PLATE.n),
    ),
    Case(
        "LocalDiffusion",
        lambda D, mass: dlnn.LocalDiffusion(dlnn.ScalarNetwork(8, (4,), "quadratic"), D, mass),
        {"D": D, "mass": LARGE.mass},
    ),
    Case(
        "LocalDiffusion.evolve",
        lambda x0, t: LOCAL.evolve(x0, t, max_evaluations=2000),
        {"x0": C[:2], "t": T},
    ),
    Case("LocalDiffusion.stiffness", lambda c: LOCAL.stiffness(c).toarray(), {"c": C[0]}),
]
