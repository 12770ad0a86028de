"""Is the shortcut of a residual block worth anything in so small a network?"""

from harness import Arrays, Settings, Study, Variant


def arrays(settings):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = (x.reshape(-1, 8, 8, 1) / 16).astype("float32")
    return Arrays(x_train=x[:256], y_train=y[:256], x_test=x[256:384], y_test=y[256:384])


def build(settings):
    import keras
    from keras import layers

    image = keras.Input((8, 8, 1), name="image")
    stem = layers.Conv2D(4, 3, padding="same", activation="relu", name="stem")(image)
    deep = layers.Conv2D(4, 3, padding="same", name="deep-1")(stem)
    deep = layers.BatchNormalization(name="norm")(deep)
    deep = layers.Conv2D(4, 3, padding="same", name="deep-2")(layers.Activation("relu", name="relu")(deep))
    joined = layers.Add(name="joined")([stem, deep])
    return keras.Model(image, layers.Dense(10, activation="softmax", name="digits")(layers.Flatten(name="flat")(joined)))


STUDY = Study("residual", base=Settings(epochs=2), build=build, arrays=arrays,
    variants=(Variant("no-shortcut", cut="joined:stem"), Variant("no-block", cut="joined:deep-2")))  # fmt: skip
