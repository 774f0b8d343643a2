"""Earlier images from later ones: the mirror, put to work in a boundary-value problem.

The mirror psi obeys the adjoint law (Eq. 16, psi' = K^T psi). Tie it to a prior at the start,
c(0) = m + B psi(0), and to the data at the end, psi(T) = (y - c(T)) / sigma^2. The doubled system
is then well posed, and its solution is the Bayes estimate.
"""
