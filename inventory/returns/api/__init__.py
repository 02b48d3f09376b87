"""The endpoints of returns."""
