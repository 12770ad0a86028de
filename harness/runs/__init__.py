"""A run: what is to be trained, whether each variant changes something, and its trials carried out."""
