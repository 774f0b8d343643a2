"""Networks and what they say of motion: L_D in, rate of the state out."""
