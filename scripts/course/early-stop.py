"""How does one stop early? A callback ends training when the loss of an epoch is below 0.4, on Fashion-MNIST.

Plain Keras, no harness: the course's text as a script. Curves go to logs/course/early-stop.
"""

import keras
from images import load_images


class StopBelow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < 0.4:
            self.model.stop_training = True


(x_train, y_train), (x_test, y_test) = load_images("fashion-mnist")
x_train, x_test = x_train / 255.0, x_test / 255.0

model = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(512, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    x_train,
    y_train,
    epochs=5,
    validation_data=(x_test, y_test),
    callbacks=[StopBelow(), keras.callbacks.TensorBoard("logs/course/early-stop")],
    verbose=2,
)
model.evaluate(x_test, y_test, verbose=2)
