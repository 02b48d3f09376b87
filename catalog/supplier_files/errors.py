"""Why a supplier's file cannot be read at all; what is wrong with a row is a result instead."""

from config.kernel.errors import DomainError


class UnreadableFile(DomainError):
    """The file as a whole cannot be read."""

    code = "unreadable-file"
    status = 422
    title = "The file cannot be read"


class FileEmpty(UnreadableFile):
    """Nothing in it, or nothing below the headings."""

    code = "file-empty"


class FileTooLarge(UnreadableFile):
    """More bytes than we take."""

    code = "file-too-large"


class NotATable(UnreadableFile):
    """Something else than CSV or XLSX."""

    code = "not-a-table"


class ZipBomb(UnreadableFile):
    """A workbook that unpacks into far more than it should."""

    code = "zip-bomb"


class HeaderMissing(UnreadableFile):
    """No line that names the columns."""

    code = "header-missing"


class TooManyColumns(UnreadableFile):
    """More columns than we take."""

    code = "too-many-columns"


class TooManyRows(UnreadableFile):
    """More rows than we take."""

    code = "too-many-rows"


class MappingIncomplete(DomainError):
    """Columns that every row needs are not mapped."""

    code = "columns-missing"
    status = 422
    title = "Columns are missing"


class UnknownColumn(DomainError):
    """A mapping names a column that is not in the file, or none of ours."""

    code = "unknown-column"
    status = 422
    title = "Unknown column"


class RunNotReady(DomainError):
    """The import stands where this step does not follow."""

    code = "import-not-ready"
    title = "Not possible now"


class RunReplaced(DomainError):
    """Another worker has taken this import over."""

    code = "import-taken-over"
    title = "Taken over"


class OptionsMissing(DomainError):
    """A delivery note without the warehouse it goes to, or a warehouse that does not exist."""

    code = "options-missing"
    status = 422
    title = "Options are missing"


class UndoRefused(DomainError):
    """Something has built on what the import made or changed."""

    code = "undo-refused"
    title = "The import cannot be undone"
