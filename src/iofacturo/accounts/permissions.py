"""Who may do what: the two tables of the design, as data.

A company's acts and the provider's acts are separate worlds: no role of one opens the other.
"""

COMPANY_ROLES = [
    ("owner", "Propietaria"),
    ("administrator", "Administración"),
    ("issuer", "Emisión"),
    ("accountant", "Contaduría"),
    ("reader", "Consulta"),
]
COMPANY_ACTS = {
    "see": {"owner", "administrator", "issuer", "accountant", "reader"},
    "issue": {"owner", "administrator", "issuer"},
    "renew": {"owner", "administrator"},
    "configure": {"owner", "administrator"},  # keys, Hacienda's access, series, company data
    "members": {"owner", "administrator"},  # below owner
    "owners": {"owner"},
}
GRANTABLE = {"issue", "renew"}  # to an accountant, one by one

STAFF_ROLES = [
    ("support", "Soporte"),
    ("reviewer", "Revisión"),
    ("senior", "Revisión principal"),
    ("administrator", "Administración"),
]
STAFF_ACTS = {
    "see": {"support", "reviewer", "senior", "administrator"},  # tickets, read-only timelines
    "review": {"reviewer", "senior"},
    "board": {"reviewer", "senior", "administrator"},  # how the desk answers
    "second": {"senior"},  # second approval, reversal, adjustment of a ledger
    "catalogue": {"administrator"},  # plans, promotions, terms, calendar
    "articles": {"support", "administrator"},
    "payee": {"senior", "administrator"},
    "companies": {"administrator"},
    "staff": {"administrator"},
}


def may(role: str, act: str, granted: set[str] | frozenset[str] = frozenset()) -> bool:
    """Whether a company's *role* may do *act*; *granted* are the extra acts of an accountant."""
    if role in COMPANY_ACTS[act]:
        return True
    return role == "accountant" and act in GRANTABLE and act in granted


def staff_may(role: str, act: str) -> bool:
    """Whether the provider's *role* may do *act*."""
    return role in STAFF_ACTS[act]


def rank(role: str) -> int:
    """How high a company's *role* stands: the owner highest."""
    names = [name for name, _ in COMPANY_ROLES]
    return len(names) - names.index(role)
