"""The mirror of any L_D is its adjoint, and another Lagrangian's is not."""

import pytest

from dlnn_utils.theory import costate
from dlnn_utils.theory.calculus import nonvanishing


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("derive", ["mirror_of_any_law", "conserved_pairing", "doubled_gram"])
def test_it_holds(derive, n):
    assert nonvanishing(getattr(costate, derive)(n)) == 0


def test_no_other_lagrangian_gives_the_law_and_its_mirror(monkeypatch):
    right = costate.morse_feshbach_of
    monkeypatch.setattr(costate, "morse_feshbach_of", lambda L, c, psi: right(-L, c, psi))
    assert nonvanishing(costate.mirror_of_any_law(2)) == 6
    monkeypatch.setattr(costate, "morse_feshbach_of", lambda L, c, psi: right(L, psi, c))
    assert nonvanishing(costate.mirror_of_any_law(2)) > 0


def test_the_pairing_is_not_conserved_if_the_mirror_decays_as_well(monkeypatch):
    decaying = costate.rate

    def signs(x):
        return -decaying(x) if "psi" in str(x) and "dc" not in str(x) else decaying(x)

    monkeypatch.setattr(costate, "rate", signs)
    assert nonvanishing(costate.conserved_pairing(2)) > 0
