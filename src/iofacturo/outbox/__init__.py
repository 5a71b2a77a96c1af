"""What must be sent, once: mail that waits in rows, so that it shares the fate of what it tells."""
