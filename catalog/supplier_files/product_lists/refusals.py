"""How a row that reads well in itself is refused for what else there is."""

from catalog.supplier_files.rules.problems import CellProblem


class RowRefused(Exception):
    """The row cannot be carried out: which column, which value, and why."""

    def __init__(self, column: str, value: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = CellProblem(column, value, code, detail)
