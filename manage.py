#!/usr/bin/env python
"""Backroom's command line."""

import os
import sys


def main() -> None:
    """Run a management command with the settings that the environment asks for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # a sentence of config/env.py, which a traceback would hide


if __name__ == "__main__":
    main()
