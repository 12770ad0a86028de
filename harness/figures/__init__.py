"""A trained model's figures, one small file each; imported by workers alone."""
