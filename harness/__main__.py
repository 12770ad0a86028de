"""`python -m harness`, and `harness` where it is installed."""

from harness.errors import INTERRUPTED_STATUS


def main() -> None:
    """Run the command line; Ctrl-C while it is still being loaded ends it as it does later, without a traceback."""
    try:
        from harness.cli import main as command_line
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED_STATUS) from None
    command_line()


if __name__ == "__main__":
    main()
