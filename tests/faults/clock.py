"""The product served by gunicorn with a clock that the test can turn: `application`."""

import os
from datetime import timedelta
from pathlib import Path

from config.kernel import clock
from config.wsgi import application

_offset = Path(os.environ["BACKROOM_FAULTS_CLOCK"])
_true_now = clock.now


def _stepping_now():
    """The true time and so many seconds as the file says at this instant."""
    return _true_now() + timedelta(seconds=int(_offset.read_text() or 0))


clock.now = _stepping_now

__all__ = ["application"]
