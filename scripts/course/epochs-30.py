"""What do many epochs do? 30 of them: watch the test loss rise.

Plain Keras, no harness: the course's text as a script. Curves go to logs/course/epochs-30.
"""

import keras
from images import load_images

(x_train, y_train), (x_test, y_test) = load_images("mnist")
x_train, x_test = x_train / 255.0, x_test / 255.0

model = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    x_train,
    y_train,
    epochs=30,
    validation_data=(x_test, y_test),
    callbacks=[keras.callbacks.TensorBoard("logs/course/epochs-30")],
    verbose=2,
)
model.evaluate(x_test, y_test, verbose=2)
