"""Figure 1 holds both networks and fits its page."""

import matplotlib.pyplot as plt

from dlnn_utils.companion.architecture import draw_architectures


def test_both_architectures_are_drawn_within_the_page():
    fig = draw_architectures()
    fig.draw_without_rendering()
    page = fig.bbox
    assert len(fig.axes) == 2
    for ax, inputs in zip(fig.axes, (["$c_1$", "$c_n$"], ["$q_1$", r"$\dot q_n$"])):
        texts = [text for text in ax.texts if text.get_text()]
        assert {*inputs, "$L_D$", "200"} <= {text.get_text() for text in texts}
        for text in texts:
            box = text.get_window_extent()
            assert page.x0 < box.x0 and box.x1 < page.x1
            assert page.y0 < box.y0 and box.y1 < page.y1
    plt.close(fig)
