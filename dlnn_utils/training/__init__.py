"""From samples to weights: losses, optimisers, and the fits that a reader calls."""
