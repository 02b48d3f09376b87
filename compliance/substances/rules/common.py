"""The few hundred common substances that the product brings along, for the demo and first use.

Names, numbers and functions are facts of the European Commission's CosIng database, reused under
Commission Decision 2011/833/EU; the choice is ours. The full inventory is for users to import.
"""

from functools import lru_cache
from pathlib import Path

from compliance.substances.rules.inventory import InventoryRow, read_inventory

SOURCE = "European Commission, CosIng, reused under Decision 2011/833/EU"

_FILE = Path(__file__).with_name("common_substances.csv")


@lru_cache(maxsize=1)
def common_substances() -> tuple[InventoryRow, ...]:
    """Our own short inventory."""
    return tuple(read_inventory(_FILE.read_bytes()).rows.values())
