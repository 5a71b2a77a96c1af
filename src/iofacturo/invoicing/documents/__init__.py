"""An issued document: its page, what became of it, the notes that correct it."""
