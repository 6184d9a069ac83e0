"""What a person can mend."""


class UsageError(Exception):
    """One clear sentence that names the culprit and the way out.

    The command line prints it and exits with status 2, without a traceback; from Python it is
    raised as it is.
    """


class Lost(Exception):
    """Another process of the run has ended, so that this one cannot go on."""
