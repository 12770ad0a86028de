"""A variational autoencoder from scratch: how small may its code be?"""

from harness import Metric, Study, Variant


def train(settings, trial):
    import tensorflow as tf
    from keras import Sequential, layers, optimizers
    from sklearn.datasets import load_digits

    x, test = tf.split(load_digits().data[:1796].astype("float32") / 16, 2)
    encoder = Sequential([layers.Input((64,)), layers.Dense(64, "relu"), layers.Dense(2 * settings.code)])
    decoder = Sequential([layers.Input((settings.code,)), layers.Dense(64, "relu"), layers.Dense(64, "sigmoid")])
    adam, weights = optimizers.Adam(0.005), encoder.trainable_weights + decoder.trainable_weights
    for epoch in range(1, settings.epochs + 1):
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(encoder(x), 2, axis=1)
            restored = decoder(mean + tf.exp(log_variance / 2) * tf.random.normal(tf.shape(mean)))
            loss = tf.reduce_mean((restored - x) ** 2) + 0.001 * tf.reduce_mean(tf.exp(log_variance) + mean**2 - log_variance)
        adam.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        restored = decoder(encoder(test)[:, : settings.code])
        trial.log(epoch, train_loss=loss, test_error=tf.reduce_mean((restored - test) ** 2))


STUDY = Study("vae", base={"code": 2, "epochs": 30}, train=train, metric=Metric("error", 0.001, False),
    variants=[Variant("wide", code=8)])  # fmt: skip
