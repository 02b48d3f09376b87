"""The product's settings, with two endpoints more to compare with."""

from config.settings.base import *  # noqa: F403

ROOT_URLCONF = "bench._api_urls"
