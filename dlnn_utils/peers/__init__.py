"""The systems that the paper names or a practitioner would try: one a file, one interface.

Every neural peer is a `Model`: `fit(x, rate)` trains it, `rate(x)` gives the rate of a state and
`evolve(x0, t)` follows it.  States of mechanics are [q, qdot].  What least squares, PyDMD and
PySINDy return has `rate` and `evolve` too.
"""
