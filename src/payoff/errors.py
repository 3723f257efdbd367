"""Errors whose message says all a user needs."""


class UserError(Exception):
    """Something outside the program is wrong; the message names it and what to do. No traceback is shown."""
