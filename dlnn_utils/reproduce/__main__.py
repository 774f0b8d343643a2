"""``python -m dlnn_utils.reproduce``: what ``reproduce.sh`` calls."""

import signal
import sys

try:
    from dlnn_utils.reproduce.cli import main
except ImportError as e:
    raise SystemExit(f"error: {e}; if {sys.prefix} is damaged, delete it and call again") from None

signal.signal(signal.SIGTERM, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
    signal.signal(signal.SIGHUP, signal.default_int_handler)
raise SystemExit(main())
