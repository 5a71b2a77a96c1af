"""A bank's statement as rows: CSV and XLSX by a profile of columns, camt.053 by its own names.

Pure: no database. Every row is read or named with its reason; nothing is taken for zero.
"""

from iofacturo.renewals.statement.profile import BAC, ColumnProfile
from iofacturo.renewals.statement.reading import read
from iofacturo.renewals.statement.row import BadRow, Statement, StatementRow, UnusableStatement

__all__ = [
    "BAC", "BadRow", "ColumnProfile", "Statement", "StatementRow", "UnusableStatement", "read",
]  # fmt: skip
