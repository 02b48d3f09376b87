"""Opening a supplier's file: what it is, and the table inside."""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from catalog.supplier_files.errors import FileEmpty, FileTooLarge, NotATable
from catalog.supplier_files.rules.csv_files import read_csv
from catalog.supplier_files.rules.tables import FILE_BYTES_MAX, Table
from catalog.supplier_files.rules.xlsx_files import read_xlsx

_HEAD_BYTES: Final = 4096
_OTHER_FILES: Final = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as .xlsx or CSV"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file; send what is inside"),
    (b"Rar!", "a compressed file; send what is inside"),
    (b"7z\xbc\xaf", "a compressed file; send what is inside"),
    (b"{\\rtf", "a text document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
    (b"<", "a web page or an XML file"),
    (b"{", "a JSON file"),
    (b"[{", "a JSON file"),
)


def read_table(source: Path | bytes) -> Table:
    """Understand the form of a file: CSV in any usual encoding and with any usual separator, XLSX.

    A CSV stays where it is and is read line by line whenever `rows()` is called. Raises FileEmpty,
    FileTooLarge, NotATable, ZipBomb, HeaderMissing, TooManyColumns, and for a workbook TooManyRows.
    """
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > FILE_BYTES_MAX:
        raise FileTooLarge(
            f"The file has {size / 1024 / 1024:.0f} MB; "
            f"{FILE_BYTES_MAX // 1024 // 1024} MB is the most we read."
        )

    def open_file() -> BinaryIO:
        return source.open("rb") if isinstance(source, Path) else BytesIO(source)

    with open_file() as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise FileEmpty("The file is empty.")
    if head.startswith(b"PK\x03\x04"):
        return read_xlsx(open_file)
    lowered = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, what in _OTHER_FILES:
        if lowered.startswith(beginning.lower()):
            raise NotATable(f"This is {what}, not a table. Send CSV or XLSX.")
    return read_csv(open_file)
