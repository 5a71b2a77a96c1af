"""Where somebody sits, asked on every request in one statement: their companies, their staff role."""

from __future__ import annotations

from functools import cache

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.lib import statement


@cache
def _asked() -> str:
    return f"""
SELECT {statement.columns(Staff, "s")}, {statement.columns(Membership, "m")},
       {statement.columns(Company, "c")}
FROM accounts_user u
LEFT JOIN accounts_staff s ON s.user_id = u.id AND s.removed_at IS NULL
LEFT JOIN accounts_membership m ON m.user_id = u.id AND m.removed_at IS NULL
LEFT JOIN accounts_company c ON c.id = m.company_id
WHERE u.id = %s
ORDER BY c.folded, m.id
"""  # noqa: S608 - only names of our own are put together


def of(user: User) -> tuple[list[Membership], Staff | None]:
    """The seats of *user* in companies, by the company's name, and the one among the staff."""
    staff_width, seat_width = statement.width(Staff), statement.width(Membership)
    seats: list[Membership] = []
    staff: Staff | None = None
    for row in statement.rows(_asked(), [user.pk]):
        if row[0] is not None and staff is None:
            staff = statement.read(Staff, row[:staff_width])
            staff.user = user
        place = row[staff_width:]
        if place[0] is not None:
            seat = statement.read(Membership, place[:seat_width])
            seat.company = statement.read(Company, place[seat_width:])
            seat.user = user
            seats.append(seat)
    return seats, staff
