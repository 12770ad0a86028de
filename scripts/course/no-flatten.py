"""What happens without Flatten? The first layer is Dense, on images.

Expected to raise: the outputs are one row of probabilities for each row of pixels, the labels one for each image.
Plain Keras, no harness: the course's text as a script. Curves go to logs/course/no-flatten.
"""

import keras
from images import load_images

(x_train, y_train), (x_test, y_test) = load_images("mnist")
x_train, x_test = x_train / 255.0, x_test / 255.0

model = keras.Sequential(
    [
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    x_train,
    y_train,
    epochs=5,
    validation_data=(x_test, y_test),
    callbacks=[keras.callbacks.TensorBoard("logs/course/no-flatten")],
    verbose=2,
)
model.evaluate(x_test, y_test, verbose=2)
