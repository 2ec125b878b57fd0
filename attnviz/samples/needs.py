"""Programs and libraries that only making data needs, and what to do where one is missing."""

import importlib
import shutil
from types import ModuleType

from attnviz.errors import N_, AttnvizError

MISSING = N_(
    "Making these data needs {name}, which is not installed. Install it with: {command}, then "
    "start again."
)


def library(name: str) -> ModuleType:
    """A library, imported; raises `AttnvizError` with the command that installs it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        command = f"python -m pip install {package}"
        raise AttnvizError(MISSING, name=package, command=command) from error


def program(name: str) -> str:
    """Where a program is; raises `AttnvizError` with the command that installs it on Debian."""
    path = shutil.which(name)
    if path is None:
        raise AttnvizError(MISSING, name=name, command=f"apt-get install {name}")
    return path
