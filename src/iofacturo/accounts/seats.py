"""Where somebody sits, asked on every request in one statement: their companies, their staff role."""

from __future__ import annotations

from functools import cache

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.lib import statement

BROUGHT = "_seats"  # on a person who was read with them
Seats = tuple[list[Membership], Staff | None]


@cache
def _asked() -> str:
    return f"""
SELECT {statement.columns(User, "u")}, {statement.columns(Staff, "s")},
       {statement.columns(Membership, "m")}, {statement.columns(Company, "c")}
FROM accounts_user u
LEFT JOIN accounts_staff s ON s.user_id = u.id AND s.removed_at IS NULL
LEFT JOIN accounts_membership m ON m.user_id = u.id AND m.removed_at IS NULL
LEFT JOIN accounts_company c ON c.id = m.company_id
WHERE u.id = %s
ORDER BY c.folded, m.id
"""  # noqa: S608 - only names of our own are put together


def of(user: User) -> Seats:
    """The seats of *user* in companies, by the company's name, and the one among the staff.

    Those that came with the person are handed over once: whoever asks again gets them read again.
    """
    brought: Seats | None = getattr(user, BROUGHT, None)
    if brought is None:
        return _seated(user, statement.rows(_asked(), [user.pk]))
    delattr(user, BROUGHT)
    return brought


def person(user_id: int) -> User | None:
    """The person, with their seats at hand for `of`; None when there is nobody."""
    rows = statement.rows(_asked(), [user_id])
    if not rows:
        return None
    user = statement.read(User, rows[0][: statement.width(User)])
    setattr(user, BROUGHT, _seated(user, rows))
    return user


def _seated(user: User, rows: list[statement.Row]) -> Seats:
    staff_at = statement.width(User)
    seat_at = staff_at + statement.width(Staff)
    company_at = seat_at + statement.width(Membership)
    seats: list[Membership] = []
    staff: Staff | None = None
    for row in rows:
        if row[staff_at] is not None and staff is None:
            staff = statement.read(Staff, row[staff_at:seat_at])
            staff.user = user
        if row[seat_at] is not None:
            seat = statement.read(Membership, row[seat_at:company_at])
            seat.company = statement.read(Company, row[company_at:])
            seat.user = user
            seats.append(seat)
    return seats, staff
