"""The admin pages of every room of inventory, where Django looks for them."""

from inventory.expiry.admin import *
