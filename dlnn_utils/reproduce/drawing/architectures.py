"""Figure 1 of the paper, drawn: the two networks and what becomes of their outputs.

Lengths are millimetres on a page 180 wide.
"""

from collections.abc import Sequence
from itertools import pairwise, product

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from dlnn_utils.reproduce.drawing.style import BLUE, GREEN, ORANGE, PINK

INK, GREY = "#1f1f1f", "#7d7d7d"
WIDTH, HEIGHT, MIDDLE = 180.0, 68.0, 32.0
INPUTS_X, HIDDEN_X, OUTPUT_X = 17.0, (38.0, 57.0), 75.0
HIDDEN_Y = (46.0, 41.0, 36.0, 31.0, 20.0)

Point = tuple[float, float]


def draw_architectures() -> Figure:
    """Draw diffusion, c -> L_D -> K -> c' (Eqs 13, 17, 18), and mechanics (Eqs 11, 12, 19)."""
    fig = plt.figure(figsize=(WIDTH / 25.4, 2 * HEIGHT / 25.4), layout="constrained")
    fig.set_layout_engine("none")  # after "constrained" this lasts; alone, saving undoes it
    panels = {"a Diffusion": _diffusion, "b Mechanics": _mechanics}
    for bottom, (title, draw) in zip((0.5, 0), panels.items()):
        ax = fig.add_axes((0, bottom, 1, 0.5))
        ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
        ax.axis("off")
        letter, name = title.split()
        ax.text(4, HEIGHT - 5, letter, weight="bold", size=11, color=INK, va="baseline")
        ax.text(9, HEIGHT - 5, name, size=9.5, color=INK, va="baseline")
        draw(ax)
    return fig


def _diffusion(ax: Axes) -> None:
    _network(ax, [("$c_1$", 43.5, BLUE), ("$c_2$", 36.0, BLUE), ("$c_n$", 20.5, BLUE)], [28.3])
    second = r"$K=\dfrac{\partial^2 L_D}{\partial c\,\partial c^{\,T}}$"
    _box(ax, (108, MIDDLE), (42, 14), second, GREEN, "Eq. 17")
    _box(ax, (156, MIDDLE), (34, 14), r"$\dot c=-K\,c$", PINK, "Eq. 13")
    _arrow(ax, [(129, MIDDLE), (139, MIDDLE)])
    loss = r"$\|\,\dot c+K c\,\|^2$"
    _around(ax, r"$(c,\ \dot c)$", loss, "Eq. 18", 39.0, "$c$", r"$\dot c$", r"$\dot c$", "$c(t)$")


def _mechanics(ax: Axes) -> None:
    positions = [("$q_1$", 47.0, BLUE), ("$q_n$", 36.0, BLUE)]
    velocities = [(r"$\dot q_1$", 28.0, ORANGE), (r"$\dot q_n$", 17.0, ORANGE)]
    _network(ax, positions + velocities, [41.5, 22.5])
    stiffness = r"$K=\dfrac{\partial^2 L_D}{\partial q\,\partial q^{\,T}}$"
    damping = r"$C=D+D^{T},\ \ D=\dfrac{\partial^2 L_D}{\partial\dot q\,\partial q^{\,T}}$"
    _box(ax, (108, 38.2), (42, 11), stiffness, GREEN, "Eq. 12")
    _box(ax, (108, 25.8), (42, 11), damping, GREEN)
    _box(ax, (156, MIDDLE), (38, 14), r"$\ddot q=-M^{-1}(C\dot q+K q)$", PINK, "Eq. 11")
    _arrow(ax, [(129, MIDDLE), (137, MIDDLE)])
    _arrow(ax, [(156, 45.6), (156, 39.3)], GREY)
    ax.text(156, 47.6, "$M$ known", size=8, color=INK, ha="center", va="center")
    loss = r"$\|\,M\ddot q+C\dot q+K q\,\|^2$"
    labels = r"$q,\ \dot q$", r"$\ddot q$", r"$\dot q,\ \ddot q$", r"$q(t),\ \dot q(t)$"
    _around(ax, r"$(q,\ \dot q,\ \ddot q)$", loss, "Eq. 19", 43.7, *labels)


def _network(ax: Axes, inputs: Sequence[tuple[str, float, str]], gaps: Sequence[float]) -> None:
    """Draw the inputs (text, height, colour), two hidden layers, the output; dots in gaps."""
    layers = [[(INPUTS_X, y) for _, y, _ in inputs]]
    layers += [[(x, y) for y in HIDDEN_Y] for x in HIDDEN_X]
    layers += [[(OUTPUT_X, MIDDLE)]]
    for left, right in pairwise(layers):
        for (x0, y0), (x1, y1) in product(left, right):
            ax.plot([x0, x1], [y0, y1], color=GREY, lw=0.35, alpha=0.6, zorder=1)
    for text, y, colour in inputs:
        _neuron(ax, (INPUTS_X, y), 2.9, colour, text)
    for x, y in layers[1] + layers[2]:
        _neuron(ax, (x, y), 1.7, GREY)
    for x, y in [(INPUTS_X, y) for y in gaps] + [(x, 25.5) for x in HIDDEN_X]:
        ax.text(x, y, "$\\vdots$", size=10, color=INK, ha="center", va="center", zorder=4)
    for x in HIDDEN_X:
        ax.text(x, 14.7, "200", size=7.5, color=GREY, ha="center", va="center")
    _neuron(ax, (OUTPUT_X, MIDDLE), 4.4, INK, "$L_D$", 9.5)
    _arrow(ax, [(OUTPUT_X + 4.6, MIDDLE), (87, MIDDLE)])


def _around(ax: Axes, data: str, loss: str, equation: str, top: float, *labels: str) -> None:
    """Draw data and loss above, in dashes, and below the integrator's way back, with labels."""
    above, below = 56.0, 6.5
    _box(ax, (53, above), (42, 8), f"training data  {data}", GREY, dashed=True)
    _box(ax, (108, above), (46, 8), f"loss  {loss}", GREY, dashed=True)
    _arrow(ax, [(32, above), (INPUTS_X, above), (INPUTS_X, 51)], GREY, dashed=True)
    _arrow(ax, [(74, above), (85, above)], GREY, dashed=True)
    _arrow(ax, [(108, top), (108, above - 4)], GREY, dashed=True)
    _box(ax, (95, below), (58, 8), "ODE solver, $t$ forward or backward", INK)
    _arrow(ax, [(156, MIDDLE - 7), (156, below), (124, below)])
    _arrow(ax, [(66, below), (INPUTS_X, below), (INPUTS_X, 13)])
    places = (24.5, above), (79.3, above), (140, below), (41.5, below)
    for (x, y), text in zip(places, labels):
        ax.text(x, y + 1, text, size=8, color=INK, ha="center", va="bottom")
    ax.text(132.5, above, equation, size=7, color=GREY, va="center")


def _neuron(ax: Axes, at: Point, radius: float, colour: str, text: str = "", size=7.5) -> None:
    ax.add_patch(Circle(at, radius, fc=colour, ec="white", lw=0.8, zorder=3))
    ax.text(*at, text, size=size, color="white", ha="center", va="center_baseline", zorder=4)


def _box(ax: Axes, at: Point, size: Point, text: str, colour: str, label="", dashed=False) -> None:
    corner = (at[0] - size[0] / 2, at[1] - size[1] / 2)
    style = {"ls": (0, (4, 2)) if dashed else "-", "lw": 0.8 if dashed else 1.2}
    shape = "round,pad=0,rounding_size=1.6"
    ax.add_patch(FancyBboxPatch(corner, *size, shape, fc="white", ec=colour, zorder=2, **style))
    ax.text(*at, text, size=8.5, color=INK, ha="center", va="center", zorder=4)
    ax.text(at[0] + size[0] / 2, corner[1] + size[1] + 1, label, size=7, color=GREY, ha="right")


def _arrow(ax: Axes, points: Sequence[Point], colour: str = INK, dashed: bool = False) -> None:
    """Draw a line through the points with a head at the last."""
    style = {"ls": (0, (4, 2)) if dashed else "-", "lw": 0.9, "color": colour, "fill": True}
    head = {"arrowstyle": "-|>", "mutation_scale": 11, "zorder": 1.5}
    ax.add_patch(FancyArrowPatch(path=Path(points), **head, **style))
