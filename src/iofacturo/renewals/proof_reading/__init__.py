"""What the picture of a proof says: amount, day, accounts, references, payee, bank.

`reader` is pure: words with their places in, facts with their confidence and place out. `eye`
sees the words in a picture; it works in a bounded child process (`child`, `bounded`).
A reading is a warning or a suggestion, never a reason to refuse or to approve.
"""
