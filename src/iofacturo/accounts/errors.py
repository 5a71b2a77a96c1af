"""What this room may refuse. The message is for the person on the screen, in plain Spanish."""


class Refused(Exception):
    """An act that the rules of seats and roles do not allow, or that came too late."""
