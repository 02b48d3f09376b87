"""The HTTP side of recalls."""
