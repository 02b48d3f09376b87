"""The admin pages of every room of promotions, where Django looks for them."""

from promotions.bundles.admin import *
