"""Plans, prices, promotions, lots of folios and their ledger."""
