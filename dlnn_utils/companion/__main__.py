"""``python -m dlnn_utils.companion``: what ``reproduce.sh`` calls."""

from .cli import main

raise SystemExit(main())
