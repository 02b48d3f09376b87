"""What every test may use."""

import os
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; tests that need it are skipped visibly where it is missing."""
    path = Path(
        os.environ.get("BACKROOM_REAL_DATA") or settings.BASE_DIR.parent / "shared" / "data"
    )
    if not path.is_dir():
        pytest.skip(f"no real data in {path}: set BACKROOM_REAL_DATA to the folder that holds it")
    return path


@pytest.fixture(autouse=True)
def media_folder(settings, tmp_path_factory):
    """Uploads of a test stay out of the folder of the running shop."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media"
