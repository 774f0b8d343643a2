"""Networks, models, their training, and the peers."""

from functools import partial

import numpy as np
from properties.any_input import Case

import dlnn_utils as dlnn
from dlnn_utils.data.files.images import Images

RNG = np.random.default_rng(2)
K, M = dlnn.lehmer(2), np.eye(1)
C = RNG.uniform(-1, 1, (6, 2))
Q, QDOT, QDDOT = RNG.uniform(-1, 1, (3, 6, 1))
X, RATE = np.hstack([Q, QDOT]), np.hstack([QDOT, -Q - QDOT])
T = np.linspace(0, 1, 6)
IMAGES = dlnn.Relaxation.of(K).evolve(C[0], T)
DECAY_TIMES = np.linspace(0, 1, 20)
DECAYS = dlnn.Relaxation.of(K).evolve(C[0], DECAY_TIMES)
RUNS = [(DECAY_TIMES, DECAYS)]
FOUND = dlnn.fit_motion(*dlnn.first_parts(RUNS), dissipative=True)
BLURRED = dlnn.Plate.of(np.ones((3, 3))).evolve(np.linspace(0, 1, 16) ** 2, DECAY_TIMES / 9)
PLATES = [Images(DECAY_TIMES / 9, BLURRED.reshape(-1, 4, 4), 1 / 255)]
SQUARES = C[:2].repeat(2, 1), C[2:4].repeat(2, 1)
SMALL = {"widths": (3,), "max_steps": 2}
STEPS = {"max_steps": 2, "target": 0.0}
PAIR = {"x": C, "rate": -C @ K}
FEW = {"max_evaluations": 500}


def network(n=2):
    return dlnn.ScalarNetwork(n, (3,), "quadratic_silu")


def trained(optimise, **fixed):
    """Return a call that trains a new model and returns it."""

    def call(x, rate, **options):
        fresh = dlnn.Diffusion(network())
        optimise(fresh, x, rate, **fixed, **options)
        return fresh

    call.__qualname__ = optimise.__qualname__
    return call


def fitted(peer):
    """Return a call that fits a new peer."""

    def call(**given):
        return peer(2, widths=(3,)).fit(**given, max_steps=2)

    call.__qualname__ = f"{peer.__name__}.fit"
    return call


DIFFUSION, MECHANICS = dlnn.Diffusion(network()), dlnn.Mechanics(network(), M)

# fmt: off
CASES = [
    Case(dlnn.ScalarNetwork, n_inputs=2, widths=(3,), activation="silu", seed=0),
    Case(dlnn.Diffusion, network(), M=np.eye(2), form="hessian"),
    Case(dlnn.Mechanics, network(), M=M),
    Case(dlnn.Baseline, n_state=2, kind="mechanics", widths=(3,)),
    Case(partial(DIFFUSION.evolve, **FEW), x0=C, t=T),
    Case(DIFFUSION.matrices, c=C),
    Case(partial(MECHANICS.evolve, **FEW), x0=X, t=T),
    Case(MECHANICS.matrices, x=X),
    Case(dlnn.potential_and_damping, MECHANICS, q=Q),
    Case(partial(dlnn.fit_diffusion, **SMALL), c=C, cdot=-C @ K, constant_coefficients=0.1,
         seed=0),
    Case(partial(dlnn.fit_diffusion, **SMALL), c=IMAGES, t=T),
    Case(partial(dlnn.fit_mechanics, **SMALL), q=Q, qdot=QDOT, qddot=QDDOT, M=M),
    Case(trained(dlnn.train, max_steps=2), **PAIR, optimiser="levenberg-marquardt", device="cpu"),
    Case(trained(dlnn.train_gauss_newton), **PAIR, **STEPS),
    Case(trained(dlnn.train_to_losses, max_steps=3), **PAIR, losses=[1e-2], tolerance=0.02),
    Case(dlnn.rate_error, DIFFUSION, **PAIR, right=lambda a, **_: a >= 0),
    Case(partial(dlnn.fit_images, widths=(4,), max_steps=2), c=IMAGES, cdot=-IMAGES @ K, frames=3,
         along_rays=0.1, called="weight"),
    Case(partial(dlnn.fit_local, **SMALL), c=SQUARES[0], cdot=SQUARES[1], D=[[1.0]]),
    Case(partial(dlnn.fit_from_states, widths=(3,), max_steps=1), x=IMAGES, t=T, pieces=(2,)),
    Case(partial(dlnn.first_parts, RUNS), held_out=0.2),
    Case(partial(dlnn.answer_motion, FOUND, RUNS), held_out=0.2, share=0.1, finite=False),
    Case(partial(dlnn.fit_material, PLATES), held_out=0.2, seed=0),
    Case(partial(dlnn.answer_images, dlnn.fit_material(PLATES), PLATES), edge=1.0, held_out=0.2,
         share=0.1, finite=False),
    Case(partial(dlnn.fit_motion, dissipative=True), x=DECAYS, t=DECAY_TIMES, finite=False,
         right=lambda found, **_: all(w.isfinite().all() for w in found.model.weights)),
    Case(partial(dlnn.fit_plate, draws=4), t=T, images=C.reshape(6, 1, 2).repeat(2, 1), pixel=0.1,
         losing="edges", background=0.2, seed=0),
    Case(dlnn.OpenPlate, D=np.ones((2, 3)), losses=np.ones(5), background=0.1, pixel=[0.1, 0.2]),
    Case(dlnn.OpenPlate(np.ones((1, 2)), np.ones(5)).evolve, c0=np.arange(6.0), t=T),
    Case(dlnn.fit_dmd, x=IMAGES, t=T),
    Case(dlnn.fit_sindy, **PAIR, degree=1, threshold=0.01),
    Case(dlnn.fit_sindy_pixels, c=C, cdot=-C @ K, powers=(1,), threshold=0.01),
    *(Case(fitted(peer), x=X, rate=RATE, called="rate")
      for peer in (
          dlnn.HNN, dlnn.DHNN, dlnn.LNN, dlnn.GLNN, dlnn.PseudoHamiltonian, dlnn.Onsager)),
    Case(fitted(dlnn.DeLaN), x=X, rate=RATE, force=QDDOT, called="rate"),
    Case(partial(dlnn.DHNN, widths=(3,)), n_state=2, M=M, called="M state"),
]
