"""Working with results: loading, selecting, filtering, setting side by side, exporting."""
