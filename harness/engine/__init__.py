"""An epoch as one compiled program, with the meaning of `fit`; and `fit` itself for what cannot be compiled."""
