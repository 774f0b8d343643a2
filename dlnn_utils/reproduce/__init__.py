"""Everything about reproducing the paper, and none of the method."""

__all__ = ["Run"]


def __getattr__(name: str):
    """Load `Run`, and with it Matplotlib, when it is first asked for (PEP 562)."""
    if name != "Run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dlnn_utils.reproduce.run import Run

    return Run
