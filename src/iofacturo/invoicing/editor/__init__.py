"""Writing a document: the forms around a draft, its totals and its problems."""
