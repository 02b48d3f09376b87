"""What a document's file may be: its size, its type by its name, and by its content."""

from pathlib import PurePath

FILE_BYTES_MAX = 20 * 1024 * 1024
HEAD_BYTES = 4096

# What each ending is served as.
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "txt": "text/plain; charset=utf-8",
}
_BEGINNINGS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
_BEGINNINGS["jpeg"] = _BEGINNINGS["jpg"]


def ending_of(file_name: str) -> str:
    """The ending of a file's name without its dot, in small letters."""
    return PurePath(file_name.replace("\\", "/")).suffix.lower().lstrip(".")


def short_name(file_name: str) -> str:
    """A file's name without folders, as long as we keep it."""
    return PurePath(file_name.replace("\\", "/")).name[-200:]


def wrong_with_file(file_name: str, size: int, head: bytes) -> str:
    """A sentence on what is wrong with a file; empty: nothing is."""
    name, ending = short_name(file_name), ending_of(file_name)
    if ending not in MEDIA_TYPES:
        return f"{name} is none of {', '.join(sorted(MEDIA_TYPES))}."
    if size == 0:
        return f"{name} is empty."
    if size > FILE_BYTES_MAX:
        return (
            f"{name} has {size / 1024 / 1024:.1f} MB; {FILE_BYTES_MAX // 1024 // 1024} MB is the "
            "most we keep."
        )
    if not _is_what_it_says(ending, head):
        return f"{name} is not what its name says: its content is no {ending.upper()}."
    return ""


def _is_what_it_says(ending: str, head: bytes) -> bool:
    if ending != "txt":
        return (
            _BEGINNINGS[ending] in head[:1024]
            if ending == "pdf"
            else head.startswith(_BEGINNINGS[ending])
        )
    if b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(head) == HEAD_BYTES  # cut within a letter
    return True
