"""Reads of judgements and clearances."""
