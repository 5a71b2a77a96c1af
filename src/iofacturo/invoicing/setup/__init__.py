"""What a company needs before it can issue: data, series, key, access, letterhead."""
