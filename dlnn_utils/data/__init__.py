"""A reader's own recordings: files, rates, noise, and how far back they allow one to go."""
