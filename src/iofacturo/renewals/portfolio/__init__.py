"""Many companies in one pair of hands: how each stands, and renewing several with one transfer."""
