"""Cleaning of everything that people send in, and keeping it."""
