"""`python -m ordersetup`, and where the installed command begins."""

from __future__ import annotations


def main() -> None:
    """Run the command line; Ctrl-C while it is being loaded ends it as it does later."""
    try:
        from ordersetup.cli import main as run  # noqa: PLC0415 - within the try, for whoever is quick
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


if __name__ == "__main__":
    main()
