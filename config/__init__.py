"""Composition root: puts the apps together; nobody imports it, except config.kernel."""
