"""Every change of a recall: started, extended, what became of the goods, ended."""

from inventory.recalls.services.choosing import LOTS_MAX, Choice, Chosen, NamedLot, choose_lots
from inventory.recalls.services.ending import close_recall, withdraw_recall
from inventory.recalls.services.following import follow_split
from inventory.recalls.services.progress import record_progress, take_back
from inventory.recalls.services.starting import add_lots, start_recall

__all__ = [
    "LOTS_MAX",
    "Choice",
    "Chosen",
    "NamedLot",
    "add_lots",
    "choose_lots",
    "close_recall",
    "follow_split",
    "record_progress",
    "start_recall",
    "take_back",
    "withdraw_recall",
]
