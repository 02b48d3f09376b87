"""The models of every room of compliance, where Django looks for them."""

from compliance.assessments.models import *
from compliance.dossiers.models import *
from compliance.rulebooks.models import *
from compliance.substances.models import *
