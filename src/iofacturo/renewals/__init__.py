"""Renewing a plan: quotes, requests, proofs of payment, their review and what follows from it."""
