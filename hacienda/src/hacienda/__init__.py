"""Comprobantes electrónicos of Costa Rica, version 4.4."""
