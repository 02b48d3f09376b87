#!/usr/bin/env python
"""Backroom's command line."""

import os
import sys


def main() -> None:
    """Run a management command with the settings that the environment asks for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
