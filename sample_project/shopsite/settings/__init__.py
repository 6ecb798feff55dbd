"""One module for each environment, ``development`` and ``production``; both start from ``base``."""
