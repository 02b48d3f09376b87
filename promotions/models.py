"""The models of every room of promotions, where Django looks for them."""

from promotions.bundles.models import *
