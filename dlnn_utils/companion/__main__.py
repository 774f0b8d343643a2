"""``python -m dlnn_utils.companion``: what ``reproduce.sh`` calls."""

import sys

from .installed import damage

try:
    from .cli import main

    status = main()
except ImportError as e:
    print(f"error: {damage() or e}", file=sys.stderr)
    status = 1
raise SystemExit(status)
