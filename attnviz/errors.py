"""Everything that can go wrong by a user's hand, as one small tree of exceptions.

Each message says what was found, where, and what to do. Pages show it in the user's language, the
command line prints it and exits with code 2; anything that is not an `AttnvizError` is a defect
of ours.
"""


def N_(text: str) -> str:  # noqa: N802
    """Marks a text for the translation catalogues, under the name that gettext's manual gives it.

    Messages and titles stay English where they are made; a page translates what it shows.
    """
    return text


class Phrase(str):
    """A value inside a message that is ours, and so is translated with it."""

    __slots__ = ()


class AttnvizError(Exception):
    """Base of all errors that a user can cause and mend.

    `template` is the English message with named fields, `values` fills them: kept apart so that a
    page can translate the first and leave the second, which is text from outside, alone.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template, values)
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format(**self.values)


class ConfigurationError(AttnvizError, ValueError):
    """A network was described that cannot be built."""


class ModelFolderError(AttnvizError):
    """A model folder is missing, broken, or not one of ours."""


class TextError(AttnvizError, ValueError):
    """A text holds nothing that can be read."""


class SampleError(AttnvizError, ValueError):
    """A series, film or picture is none that the model can read."""


class FileError(AttnvizError):
    """A file cannot be read as the texts it should hold."""


class WriteError(FileError):
    """A file cannot be written: a full disk, a folder that may not be written to."""


class TrainingError(AttnvizError):
    """Training cannot start or cannot go on."""


def reason(error: BaseException, most: int = 200) -> str:
    """What another library's exception says, as a part of one of our lines."""
    return " ".join(str(error).split())[:most].rstrip(". ") or type(error).__name__
