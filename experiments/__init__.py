"""The studies that come with the harness, one a file; a file of one's own beside them is found by its name too."""
