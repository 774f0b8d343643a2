"""Earlier images from later ones: the mirror, put to work in a boundary-value problem.

The mirror psi obeys the adjoint law (Eq. 16, psi' = K^T psi). Tied to a prior, c(0) = m + B
psi(0), and to the data, psi(T) = (y - c(T)) / sigma^2, it selects the Bayes estimate.
"""
