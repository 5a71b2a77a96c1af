"""ioFacturo: the web invoicer that a provider runs for its customers."""
