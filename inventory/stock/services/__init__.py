"""Every change of stock: the only code that writes stock levels and the ledger."""

from inventory.lots.models import HoldReason
from inventory.stock.services.corrections import (
    Correction,
    correct,
    find_or_make_places,
    lot_found,
)
from inventory.stock.services.holds import (
    place_hold,
    place_holds,
    release_hold,
    release_holds,
)
from inventory.stock.services.ledger import describe_place
from inventory.stock.services.moves import Step, move, move_many, put_away
from inventory.stock.services.openings import contents, open_containers
from inventory.stock.services.promises import give_back, set_aside, ship
from inventory.stock.services.receipts import GoodsIn, receive, receive_delivery
from inventory.stock.services.removals import (
    adjust,
    return_lots_to_supplier,
    return_to_supplier,
    write_off,
    write_off_lots,
)
from inventory.stock.services.returns import (
    SentBack,
    change_lot,
    give_away,
    keep_apart,
    put_back,
    take_back,
)
from inventory.stock.services.sales import SentInstead, correct_sale
from inventory.stock.services.serials import Named, name_serials, name_sold
from inventory.stock.services.transfers import arrive, send_off, write_off_on_the_road

__all__ = [
    "Correction",
    "GoodsIn",
    "HoldReason",
    "Named",
    "SentBack",
    "SentInstead",
    "Step",
    "adjust",
    "arrive",
    "change_lot",
    "contents",
    "correct",
    "correct_sale",
    "describe_place",
    "find_or_make_places",
    "give_away",
    "give_back",
    "keep_apart",
    "lot_found",
    "move",
    "move_many",
    "name_serials",
    "name_sold",
    "open_containers",
    "place_hold",
    "place_holds",
    "put_away",
    "put_back",
    "receive",
    "receive_delivery",
    "release_hold",
    "release_holds",
    "return_lots_to_supplier",
    "return_to_supplier",
    "send_off",
    "set_aside",
    "ship",
    "take_back",
    "write_off",
    "write_off_lots",
    "write_off_on_the_road",
]
