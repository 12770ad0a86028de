"""When to stop: the course's callback, which ends below a loss, and Keras' own, which waits for validation."""

from dataclasses import dataclass

from harness import Settings, Study, Variant


@dataclass(frozen=True)
class Stopping(Settings):
    below: float | None = None  # stop behind the first epoch whose training loss is below this
    patience: int | None = None  # stop behind so many epochs without a better validation loss, and go back to the best


def callbacks(settings):
    from keras.callbacks import EarlyStopping, LambdaCallback

    course = LambdaCallback()
    course.on_epoch_end = lambda epoch, logs: setattr(course.model, "stop_training", logs["loss"] < settings.below)
    patient = EarlyStopping("val_loss", patience=settings.patience or 0, restore_best_weights=True)
    return [course] * (settings.below is not None) + [patient] * (settings.patience is not None)


STUDY = Study("early-stopping", base=Stopping(dataset="fashion-mnist", hidden=(512,), epochs=15, validation=5000),
              variants=(Variant("early-stop", below=0.4), Variant("patience-2", patience=2)), callbacks=callbacks)  # fmt: skip
