"""What identifiers tell the rooms above."""

from collections.abc import Callable

from config.kernel.hooks import Hook

# The barcodes of this variant are not what they were: whoever shows them shows something new.
barcodes_changed: Hook[Callable[[int], None]] = Hook("catalog.identifiers.barcodes_changed")
