"""Exact laws of fields by finite elements, to learn from and to compare with."""
