"""A generative adversarial network from scratch: how far off are the mean and the spread of what it draws?"""

from harness import Metric, Study, Variant


def train(settings, trial):
    import tensorflow as tf
    from keras import Sequential, layers, optimizers

    generator = Sequential([layers.Input((4,)), layers.Dense(16, "relu"), layers.Dense(1)])
    critic = Sequential([layers.Input((1,)), layers.Dense(settings.critic, "relu"), layers.Dense(1)])
    parts = [(model.trainable_weights, optimizers.Adam(0.01, beta_1=0.5)) for model in (generator, critic)]
    for epoch in range(1, settings.epochs + 1):
        with tf.GradientTape(persistent=True) as tape:
            real, drawn = tf.random.normal((256, 1), 3.0, 0.5), generator(tf.random.normal((256, 4)))
            loss = tf.reduce_mean(tf.nn.softplus(-critic(drawn)))
            critic_loss = tf.reduce_mean(tf.nn.softplus(-critic(real)) + tf.nn.softplus(critic(drawn)))
        for value, (weights, adam) in zip((loss, critic_loss), parts, strict=True):
            adam.apply_gradients(zip(tape.gradient(value, weights), weights, strict=True))
        off = abs(tf.reduce_mean(drawn) - 3.0) + abs(tf.math.reduce_std(drawn) - 0.5)
        trial.log(epoch, train_loss=loss, train_critic_loss=critic_loss, test_error=off)


STUDY = Study("gan", base={"critic": 16, "epochs": 150}, train=train, variants=[Variant("weak", critic=2)],
    metric=Metric("error", margin=0.05, higher_is_better=False))  # fmt: skip
