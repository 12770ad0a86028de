"""What the terminal shows of a run: tables and progress."""
