"""Laws of fields, N x' = -dL/dx, with a known operator N and a learned density of L."""
