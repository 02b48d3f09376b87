"""Reads of counting: counts and their lines, and the proofs of the invariants."""
