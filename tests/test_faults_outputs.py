"""Where a kernel's printed text is cut into pieces is chance, and must not be seen."""

import json

import pytest

from dlnn_utils.companion.execute import _cleaned


def stream(*lines, name="stdout"):
    return {"output_type": "stream", "name": name, "text": list(lines)}


@pytest.mark.parametrize(
    "pieces",
    [
        [stream("one\n", "two\n")],
        [stream("one\n"), stream("two\n")],
        [stream("one"), stream("\n", "two\n")],
        [stream("one", "\n"), stream("two"), stream("\n")],
    ],
)
def test_pieces_of_a_stream_are_joined_however_they_were_cut(tmp_path, pieces):
    picture = {"output_type": "display_data", "data": {}, "metadata": {}}
    outputs = [*pieces, stream("aside\n", name="stderr"), picture, stream("three\n")]
    cell = {"cell_type": "code", "metadata": {}, "outputs": outputs}
    (tmp_path / "executed.ipynb").write_text(json.dumps({"metadata": {}, "cells": [cell]}))
    (after,) = json.loads(_cleaned(tmp_path / "executed.ipynb"))["cells"]
    assert after["outputs"] == [
        stream("one\n", "two\n"),
        stream("aside\n", name="stderr"),
        picture,
        stream("three\n"),
    ]
