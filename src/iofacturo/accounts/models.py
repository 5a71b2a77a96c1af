"""The tables of this room, each told in the file of its own noun."""

from iofacturo.accounts.audit import AuditEvent
from iofacturo.accounts.company import Company
from iofacturo.accounts.invitation import Invitation, StaffInvitation
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User

__all__ = ["AuditEvent", "Company", "Invitation", "Membership", "Staff", "StaffInvitation", "User"]
