"""The command line."""


def main() -> None:
    """The entry point of `pipeline`."""
    from pipeline.cli.main import main as run

    run()


__all__ = ["main"]
