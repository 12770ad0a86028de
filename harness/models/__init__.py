"""Settings → a model and its arrays: building, layer ablation, and the fingerprint of what a variant really changes."""
