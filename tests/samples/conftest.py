"""What the tests of files of samples share."""


def pytest_make_parametrize_id(val):
    """A file's bytes are no name for a test."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None
