"""How many threads a training may use: one, unless the reader asks whether that matters."""

import os

THREADS = max(1, int(os.environ.get("DLNN_THREADS") or 1))
"""More than one gives other roundings, and so other weights: tolerances, not bytes, then agree."""
