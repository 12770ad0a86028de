"""A training loop of your own: TensorFlow's GradientTape."""

from harness import Study, Variant


def train(settings, trial):
    import keras
    import tensorflow as tf
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = x.astype("float32") / 16
    model = keras.Sequential([keras.layers.Dense(settings.units, activation="relu"), keras.layers.Dense(10)])
    adam = keras.optimizers.Adam(settings.rate)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for epoch in range(1, settings.epochs + 1):
        with tf.GradientTape() as tape:
            value = loss(y[:1400], model(x[:1400]))
        adam.apply_gradients(zip(tape.gradient(value, model.trainable_weights), model.trainable_weights, strict=True))
        trial.log(epoch, train_loss=value, test_accuracy=(model(x[1400:]).numpy().argmax(axis=1) == y[1400:]).mean())


BASE = {"units": 32, "rate": 0.01, "epochs": 30}
STUDY = Study("gradient-tape", base=BASE, train=train, variants=(Variant("wide", units=128), Variant("fast", rate=0.03)))
