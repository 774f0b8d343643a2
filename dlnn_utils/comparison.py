"""Networks compared at the same loss, over cases and seeds (Section 5.3, Figure 4, Table 2)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dlnn_utils.baseline import Baseline
from dlnn_utils.integration import IntegrationError
from dlnn_utils.matched_loss import loss_of, train_to_losses
from dlnn_utils.models import Diffusion, Model
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.systems import LinearSystem

MEASURES = ("loss", "max", "late", "late rms")


class Contestant(NamedTuple):
    """A kind of network, of which every seed makes another.

    Attributes
    ----------
    kind : {"DLNN", "baseline"}
        `Diffusion` with a scalar L_D, or `Baseline`.
    activation : str
        One for all layers.
    widths : tuple of int
        Of the hidden layers.
    form : {"euler-lagrange", "hessian"}
        How the rate is read from L_D; not the baseline's concern.
    """

    kind: str
    activation: str
    widths: tuple[int, ...]
    form: str = "euler-lagrange"

    def untrained(self, n: int, seed: int = 0) -> Model:
        """Return a model of n pixels before training.

        Parameters
        ----------
        n : int
            Number of pixels.
        seed : int
            Of the initial weights.

        Returns
        -------
        Model

        Raises
        ------
        ValueError
            If there is no such kind, activation or form.
        """
        options = {"widths": self.widths, "activation": self.activation, "seed": seed}
        if self.kind == "DLNN":
            return Diffusion(ScalarNetwork(n, **options), self.form)
        if self.kind == "baseline":
            return Baseline(n, "diffusion", **options)
        raise ValueError(f'kind must be "DLNN" or "baseline"; got {self.kind!r}')


class Comparison:
    """What contestants make of new starts, once trained to the same losses.

    Parameters
    ----------
    system : LinearSystem
        The truth.
    cases : mapping of str to array (B, n)
        Training starts, by name.
    samples : array (T,)
        Times of the training states.
    times : array (S,)
        Times of the test.
    late_from : float
        After this time an error is a late one.
    scale : float
        The test's starts are the training's times this.

    Attributes
    ----------
    models : dict
        By (contestant, case, seed): one model for each loss, None where it was not reached.
    """

    def __init__(
        self,
        system: LinearSystem,
        cases: Mapping,
        samples,
        times,
        late_from: float,
        scale: float = 0.5,
    ):
        self.times, self.late = np.asarray(times), np.asarray(times) > late_from
        self.data, self.tests, self.models, self._values = {}, {}, {}, {}
        for name, starts in cases.items():
            states = system.simulate(starts, samples).reshape(-1, np.shape(starts)[-1])
            self.data[name] = states, system.rate(states)
            new = scale * np.asarray(starts)
            self.tests[name] = new, system.evolve(new, times)

    def train(
        self, contestant: Contestant, case: str, seed: int, losses: Sequence[float], **options
    ) -> None:
        """Train one network to the losses, and keep models and errors.

        Parameters
        ----------
        contestant : Contestant
        case : str
            Name of the training starts.
        seed : int
            Of the initial weights.
        losses : sequence of float
            Wanted losses, above 0.
        **options
            Of `train_to_losses`.
        """
        n = self.data[case][0].shape[1]
        model = contestant.untrained(n, seed)
        models = train_to_losses(model, *self.data[case], losses, **options)
        self.models[contestant, case, seed] = models
        self._values[contestant, case, seed] = [self._measure(m, case) for m in models]

    def over_seeds(self, contestant: Contestant, case: str, what: str = "late") -> np.ndarray:
        """Return a measure (seeds, losses), NaN where a loss was not reached.

        Parameters
        ----------
        contestant : Contestant
        case : str
        what : {"loss", "max", "late", "late rms"}
            The loss; the largest error from the test's starts; the largest and the
            root-mean-square error of late times.  Infinite if the solution blows up.

        Returns
        -------
        array (seeds, losses)

        Raises
        ------
        ValueError
            If the contestant was not trained on this case, or there is no such measure.
        """
        if what not in MEASURES:
            raise ValueError(f"what must be one of {', '.join(MEASURES)}; got {what!r}")
        found = [v for key, v in self._values.items() if key[:2] == (contestant, case)]
        if not found:
            raise ValueError(f"{contestant} was not trained on the case {case!r}")
        return np.array(found)[:, :, MEASURES.index(what)]

    def ratios(
        self, above: Contestant, below: Contestant, case: str, what: str = "late"
    ) -> np.ndarray:
        """Return the ratio of a measure of two contestants, for the seeds that both have.

        Parameters
        ----------
        above, below : Contestant
            Trained on the case with the same seeds in the same order, one perhaps with more.
        case, what : str
            As of `over_seeds`.

        Returns
        -------
        array (seeds, losses)
        """
        above, below = self.over_seeds(above, case, what), self.over_seeds(below, case, what)
        both = min(len(above), len(below))
        return above[:both] / below[:both]

    def _measure(self, model: Model | None, case: str) -> list[float]:
        if model is None:
            return [np.nan] * len(MEASURES)
        loss, (starts, exact) = loss_of(model, *self.data[case]), self.tests[case]
        try:
            error = np.abs(model.evolve(starts, self.times, rtol=1e-6, atol=1e-7) - exact)
        except IntegrationError:
            return [loss, np.inf, np.inf, np.inf]
        late = error[self.late]
        return [loss, error.max(), late.max(), np.sqrt(np.mean(late**2))]
