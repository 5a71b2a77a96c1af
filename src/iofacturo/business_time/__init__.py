"""Business time: when the provider's people work, and by when they have promised to answer."""
