"""Speed, as ratios within one run: see `make bench`."""
