"""The errors of this library; each message says what happened, where, and what to type next.

::

    EvolunteerError
    ├── ModelError           a model directory is missing, damaged, foreign or of another format
    ├── CorpusError          a corpus holds rows that cannot be trained or evaluated on
    ├── RegressionError      an adapted model is worse than the one it was made from
    ├── TableError           a file cannot be read or written as a table of posts
    ├── ProfileError         a volunteer's profile says something that is not understood
    └── MissingPackageError  something needs a package that is not installed

They are `ValueError`, `OSError` or `ImportError` too where the standard library would have raised one of those.
"""


class EvolunteerError(Exception):
    """The root of the family: ``except EvolunteerError`` catches all that this library raises on purpose."""


class ModelError(EvolunteerError, ValueError):
    """A model directory cannot be used."""


class CorpusError(EvolunteerError, ValueError):
    """A corpus cannot be trained or evaluated on; the message names file and row."""


class RegressionError(EvolunteerError):
    """An adapted model is significantly worse than the one it was made from; the message has the comparison."""


class TableError(EvolunteerError, OSError):
    """A file cannot be read or written as a table of posts."""


class ProfileError(EvolunteerError, ValueError):
    """A volunteer's profile says something that is not understood; the message says what would be."""


class MissingPackageError(EvolunteerError, ImportError):
    """Something needs a package that is not installed; the message says how to install it."""
