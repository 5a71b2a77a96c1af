"""Documents that others issued to the company, and what it answers."""
