"""Small, dull, domain-free pieces that every room may use."""
