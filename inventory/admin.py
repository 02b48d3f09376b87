"""The admin pages of every room of inventory, where Django looks for them."""

from inventory.availability.admin import *
from inventory.counting.admin import *
from inventory.expiry.admin import *
from inventory.integration.admin import *
from inventory.purchasing.admin import *
from inventory.recalls.admin import *
from inventory.reservations.admin import *
from inventory.returns.admin import *
from inventory.stock.admin import *
from inventory.transfers.admin import *
from inventory.warehouses.admin import *
