"""Every change of a reservation.

A reservation's row is locked before stock levels (`no_key`: whoever writes its history or lines
meanwhile must not wait for it), stock levels all at once and in the order of their keys
(`stock.locks.lock_levels`). Allocations and shortages change only while the levels of
their variants are locked. Nobody waits for a reservation while holding levels.
"""

from inventory.reservations.services.claims import fill_shortages, give_way
from inventory.reservations.services.clearing import follow_sale, lock_products
from inventory.reservations.services.ending import (
    commit,
    extend,
    release,
    release_expired,
    release_many,
)
from inventory.reservations.services.holding import reserve
from inventory.reservations.services.resolving import give_up_shortages, look_again
from inventory.reservations.services.shipping import (
    SHIPPED_LINES_MAX,
    SentLine,
    record_shipment,
)
from inventory.reservations.services.wanted import (
    CHOICES_MAX,
    HOLD_SECONDS_MAX,
    LINES_MAX,
    WantedChoice,
    WantedLine,
)

__all__ = [
    "CHOICES_MAX",
    "HOLD_SECONDS_MAX",
    "LINES_MAX",
    "SHIPPED_LINES_MAX",
    "SentLine",
    "WantedChoice",
    "WantedLine",
    "commit",
    "extend",
    "fill_shortages",
    "follow_sale",
    "give_up_shortages",
    "give_way",
    "lock_products",
    "look_again",
    "record_shipment",
    "release",
    "release_expired",
    "release_many",
    "reserve",
]
