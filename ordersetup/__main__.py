"""`python -m ordersetup`."""

from ordersetup.cli import main

main()
