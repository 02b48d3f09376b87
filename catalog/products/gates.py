"""What products ask of the rooms above."""

from collections.abc import Callable

from config.kernel.hooks import Hook

# Has stock of this variant ever moved? Then its SKU is printed on goods and papers and stays.
stock_has_moved: Hook[Callable[[int], bool]] = Hook("catalog.products.stock_has_moved")
