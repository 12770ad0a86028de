"""What the terminal shows: tables, plans and progress."""
