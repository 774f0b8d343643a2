"""Ground truth: dissipative systems with exact solutions, and what is recorded of them."""
