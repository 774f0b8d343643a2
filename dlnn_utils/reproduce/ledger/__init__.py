"""Claims, verdicts, the register of unknowns, and the tables made of them."""
