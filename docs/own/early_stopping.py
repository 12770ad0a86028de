"""Does early stopping help, and how patient should it be? Keras callbacks, made anew for each trial."""

from dataclasses import dataclass

from harness import Settings, Study, Variant


@dataclass(frozen=True)
class Patience(Settings):
    patience: int | None = None  # epochs without a better validation loss; None: train all epochs


def callbacks(settings):
    from keras.callbacks import EarlyStopping

    if settings.patience is None:
        return []
    return [EarlyStopping(monitor="val_loss", patience=settings.patience, restore_best_weights=True)]


STUDY = Study("early-stopping", base=Patience(hidden=(512,), epochs=15, validation=5000), callbacks=callbacks, variants=(
    Variant("patience-2", patience=2), Variant("patience-5", patience=5)),
    question="What is it worth to stop early?")  # fmt: skip
