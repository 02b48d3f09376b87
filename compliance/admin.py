"""The admin pages of every room of compliance, where Django looks for them."""

from compliance.dossiers.admin import *
