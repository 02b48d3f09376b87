"""What dossiers ask of the rooms above."""

from collections.abc import Callable, Collection

from config.kernel.hooks import Hook

# The documents of these products, or what is asked of them, have changed: they may be judged anew.
documents_changed: Hook[Callable[[Collection[int]], object]] = Hook(
    "compliance.dossiers.documents_changed", required=False
)
