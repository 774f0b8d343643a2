"""The one style of all figures, and what is drawn in it."""
