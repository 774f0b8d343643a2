"""Which systems enter, with which networks: ours, of one width, and those published."""

from collections.abc import Callable

from dlnn_utils.models.model import Baseline, Model
from dlnn_utils.models.motion import Diffusion, Mechanics
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.peers.delan import DeLaN
from dlnn_utils.peers.hamiltonian import DHNN, HNN, Onsager, PseudoHamiltonian
from dlnn_utils.peers.lagrangian import GLNN, LNN

QUADRATIC = {"activation": "quadratic_silu"}
BEST = dict.fromkeys(
    ("DLNN", "D-HNN", "LNN", "HNN", "pseudo-Hamiltonian", "Onsager"), QUADRATIC
) | {
    "baseline": {"activation": "silu"},
    "GLNN": QUADRATIC | {"force_activation": "silu"},
    "DeLaN": QUADRATIC | {"mass_activation": "silu"},
}
"""The activations that serve each system best of those tried, for mechanics."""

_TWO_TANH = {"widths": (200, 200), "activation": "tanh"}
_WIDE = {"batch_size": 1000, "learning_rate": 1e-3}
PUBLISHED = {
    "DLNN": (_TWO_TANH, _WIDE | {"epochs": 1000}),
    "baseline": (_TWO_TANH, _WIDE | {"epochs": 1000}),
    "D-HNN": ({}, {"epochs": 49, "batch_size": 128, "learning_rate": 1e-3}),
    **{
        name: ({}, _WIDE | {"epochs": 360})
        for name in ("GLNN", "LNN", "DeLaN", "HNN", "pseudo-Hamiltonian", "Onsager")
    },
}
"""Networks (those published are the classes' defaults) and Adam's options, for 13,056 states."""


def mechanics(M) -> dict[str, Callable[..., Model]]:
    """Return makers of the systems for motion of mass M (n, n), by name; they take `**net`."""
    n = 2 * len(M)
    return {
        "DLNN": lambda **net: Mechanics(ScalarNetwork(n, **net), M),
        "baseline": lambda **net: Baseline(n, "mechanics", **net),
        "D-HNN": lambda **net: DHNN(n, M, **net),
        "GLNN": lambda **net: GLNN(n, **net),
        "LNN": lambda **net: LNN(n, **net),
        "DeLaN": lambda **net: DeLaN(n, **net),
        "HNN": lambda **net: HNN(n, M, **net),
        "pseudo-Hamiltonian": lambda **net: PseudoHamiltonian(n, M, **net),
        "Onsager": lambda **net: Onsager(n, **net),
    }


def diffusion(n: int) -> dict[str, Callable[..., Model]]:
    """Return makers of the systems that take the diffusion of n pixels as it is, n even."""
    return {
        "DLNN": lambda **net: Diffusion(ScalarNetwork(n, **net)),
        "baseline": lambda **net: Baseline(n, "diffusion", **net),
        "D-HNN": lambda **net: DHNN(n, **net),
        "D-HNN, D alone": lambda **net: DHNN(n, conservative=False, **net),
        "HNN": lambda **net: HNN(n, **net),
        "Onsager": lambda **net: Onsager(n, reversible=False, mobility_widths=(5,), **net),
    }
