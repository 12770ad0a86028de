"""What do more neurons do? 1,024 of them in the hidden layer.

Plain Keras, no harness: the course's text as a script. Curves go to logs/course/neurons-1024.
"""

import keras
from images import load_images

(x_train, y_train), (x_test, y_test) = load_images("mnist")
x_train, x_test = x_train / 255.0, x_test / 255.0

model = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(1024, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    x_train,
    y_train,
    epochs=5,
    validation_data=(x_test, y_test),
    callbacks=[keras.callbacks.TensorBoard("logs/course/neurons-1024")],
    verbose=2,
)
model.evaluate(x_test, y_test, verbose=2)
