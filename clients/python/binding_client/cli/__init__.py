"""The `sferum` command."""


def main() -> None:
    """Runs the command."""
    # Imported late: the demo and the stack use rooms of this package and need not load all commands.
    from binding_client.cli.app import app

    app()
