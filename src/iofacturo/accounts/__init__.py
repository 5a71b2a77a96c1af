"""Users, companies, memberships and roles; who may do what."""
