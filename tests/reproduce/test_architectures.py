"""Figure 1 holds both networks and fits its page."""

import matplotlib.pyplot as plt

from dlnn_utils.reproduce.drawing.architectures import draw_architectures


def test_both_architectures_are_drawn_within_the_page():
    fig = draw_architectures()
    fig.draw_without_rendering()
    for ax, inputs in zip(fig.axes, (["$c_1$", "$c_n$"], ["$q_1$", r"$\dot q_n$"]), strict=True):
        texts = {text.get_text(): text.get_window_extent().corners() for text in ax.texts}
        assert {*inputs, "$L_D$", "200"} <= set(texts)
        assert all(fig.bbox.contains(*at) for name in filter(None, texts) for at in texts[name])
    plt.close(fig)
