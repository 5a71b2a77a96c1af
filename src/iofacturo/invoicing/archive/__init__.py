"""All documents of a company: list, search, filters, export."""
