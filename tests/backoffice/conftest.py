"""The desk's tests stand on the same scene as those of renewals."""

from tests.renewals.conftest import drafted, house, now, sent

__all__ = ["drafted", "house", "now", "sent"]
