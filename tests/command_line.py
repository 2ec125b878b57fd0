"""Running the command line in this process, and how a user's mistake must end."""

from attnviz import cli


def run(capsys, *words) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command.

    Without the line on the columns that every command says of every file: see `run_in_full`.
    """
    code, output, errors = run_in_full(capsys, *words)
    lines = errors.splitlines(keepends=True)
    return code, output, "".join(line for line in lines if "Texts from the column “" not in line)


def run_in_full(capsys, *words) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    try:
        code = cli.main(list(map(str, words)))
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()


def fails_with_one_line(found, *said: str) -> None:
    code, output, errors = found
    assert code == 2
    assert output == ""
    assert errors.startswith("attnviz: ")
    assert errors.count("\n") == 1
    assert errors.endswith("\n")
    for part in said:
        assert str(part) in errors
