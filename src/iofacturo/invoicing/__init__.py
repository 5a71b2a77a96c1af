"""A company's documents: drafts, emission, delivery to Hacienda and what it answered."""
