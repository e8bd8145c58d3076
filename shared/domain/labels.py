"""Where recipients keep a correspondence, in the words of Dialogporten's system labels. Pure."""

from enum import StrEnum


class SystemLabel(StrEnum):
    """Where the recipient keeps it; in the wire contract's order, whose numbers begin with 1."""

    DEFAULT = "Default"
    BIN = "Bin"
    ARCHIVE = "Archive"
    MARKED_AS_UNOPENED = "MarkedAsUnopened"
    SENT = "Sent"


def place(labels: frozenset[SystemLabel]) -> SystemLabel:
    """The one place where it lies: the archive, or where everything arrives."""
    return SystemLabel.ARCHIVE if SystemLabel.ARCHIVE in labels else SystemLabel.DEFAULT


def shown(labels: frozenset[SystemLabel]) -> SystemLabel:
    """The label that stands for all of them: an archived one shows that, also when it is marked as unopened."""
    if SystemLabel.ARCHIVE not in labels and SystemLabel.MARKED_AS_UNOPENED in labels:
        return SystemLabel.MARKED_AS_UNOPENED
    return place(labels)
