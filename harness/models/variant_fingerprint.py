"""What a variant comes to, as the driver hears of it: without Keras, which it does not load."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VariantFingerprint:
    """What a variant comes to: see `harness.models.effect`."""

    digest: str = ""  # of all that its training would be given; empty where that cannot be told
    fault: str = ""  # why its layers cannot be edited as it says
    weights: str = ""  # hash of a network's initial weights
    error: str = ""  # what its trials would end with for want of samples, or of the study's metric
