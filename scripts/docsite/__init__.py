"""What ./scripts/docs needs beside MkDocs and its plugins."""
