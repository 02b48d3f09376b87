"""What `config.settings` means when nothing else is asked for: base, read from the environment."""

from config.settings.base import *  # noqa: F403
