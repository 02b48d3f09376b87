"""The API's description: how callers authenticate, and what every refusal looks like."""


def install() -> None:
    """Make drf-spectacular's extensions known."""
