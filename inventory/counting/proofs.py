"""What the proof of stock asks of rooms above: whether what they keep of stock is true as well."""

from typing import Protocol

from config.kernel.hooks import Hook
from inventory.counting.rules.breaches import Breach


class FindBreaches(Protocol):
    """The rows that break an invariant of the room, by one statement: it sees one instant."""

    def __call__(self, *, limit: int) -> list[Breach]:
        """At most `limit` of them; changes nothing."""


goods_returned: Hook[FindBreaches] = Hook("inventory.counting.goods_returned")
