"""Tickets: what customers ask us, what we answer, and the ticket a broken promise opens by itself."""
