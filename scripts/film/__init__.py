"""A run in a terminal, as a film: captured, replayed on a screen of characters, drawn as an SVG that moves."""
