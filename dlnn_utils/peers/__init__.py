"""The systems that the paper names or a practitioner would try, and the ground they meet on.

A neural peer is a `Model` with `fit(x, rate)`; PyDMD and PySINDy return `rate` and `evolve` too.
"""
