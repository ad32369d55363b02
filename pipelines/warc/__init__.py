"""WARC files: writing exchanges into them, reading anybody's back, and telling what is not sound."""
