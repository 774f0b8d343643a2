"""Running notebooks: which are due, in which order, and where their results go."""
