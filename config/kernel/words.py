"""Words for people."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 lot`, `2 lots`, `3 entries`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
