"""Starts the product's own commands the way a shell does, with a clean environment."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COMPLETE_PRODUCTION = {
    "BACKROOM_PROFILE": "production",
    "BACKROOM_SECRET_KEY": "a long key that is only good for a test, with äöü and 0123456789",
    "BACKROOM_ALLOWED_HOSTS": "backroom.example.com",
    "BACKROOM_EMAIL_URL": "smtp://mail.example.com",
    "DATABASE_URL": "postgres://backroom@127.0.0.1:1/backroom",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def clean_environment(**extra: str) -> dict[str, str]:
    """This environment without what would choose settings, plus what the test sets."""
    ours = ("BACKROOM_", "DATABASE_", "REDIS_URL", "PORT", "DJANGO_", "PYTEST_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **extra}


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this Python to the end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
