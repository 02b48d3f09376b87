"""The admin pages of every room of compliance, where Django looks for them."""

from compliance.assessments.admin import *
from compliance.dossiers.admin import *
from compliance.rulebooks.admin import *
from compliance.substances.admin import *
