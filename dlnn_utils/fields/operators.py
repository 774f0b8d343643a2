"""The known operators of a law of fields, checked and factored: N and the constraint B."""

from scipy.sparse import block_array, csc_array, csr_array, diags_array, issparse
from scipy.sparse.linalg import splu

from dlnn_utils._arguments import array

SINGULAR = 1e-13


def factors(N, B, name: str):
    """Return the sparse factors of N, or of [[N, B^T], [B, 0]]."""
    A = csc_array(N if B is None else block_array([[N, B.T], [B, None]]))
    what = f"{name} must be invertible" if B is None else "constraint must have independent rows"
    try:
        lu = splu(A)
    except RuntimeError:
        raise ValueError(f"{what}; it is singular") from None
    pivots = abs(lu.U.diagonal())
    if not pivots.min() > SINGULAR * pivots.max():
        raise ValueError(f"{what}; the smallest pivot is {pivots.min() / pivots.max():.1e}")
    return lu


def operator_of(name: str, value, n: int) -> tuple[csr_array, bool]:
    """Return a checked operator (n, n), and whether it is antisymmetric."""
    if issparse(value):
        array(name, value.data)
    else:
        value = array(name, value, f"{n} | {n} {n}")
        value = diags_array(value) if value.ndim == 1 else value
    if value.shape != (n, n):
        raise ValueError(f"{name} must have shape ({n}, {n}); got {value.shape}")
    N = csr_array(value)
    size = abs(N).max() or 1.0
    if abs(N - N.T).max() <= 1e-10 * size:
        return N, False
    if abs(N + N.T).max() <= 1e-10 * size:
        return N, True
    raise ValueError(f"{name} must be symmetric or antisymmetric; it is neither")


def constraint_of(B, n: int) -> csr_array:
    """Return a checked constraint (any, n)."""
    if issparse(B) and B.shape[1] != n:
        raise ValueError(f"constraint must have shape (any, {n}); got {B.shape}")
    return csr_array(B if issparse(B) else array("constraint", B, f"any {n}"))
