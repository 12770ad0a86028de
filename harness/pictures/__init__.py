"""Pictures of a trained model, drawn with matplotlib: imported by workers alone, each a pure function → Figure."""
