"""Customers, products and the CAByS catalogue; looking people up at Hacienda."""
