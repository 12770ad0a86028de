"""The course's eight questions, and the learning rate: what each part of a small network is there for."""

from harness import Settings, Study, Variant, finishes, raises

STUDY = Study(
    "ablations",
    question="What does each part of a small network on MNIST do: width, depth, Flatten, outputs, epochs, scaling?",
    lesson=(
        "Scaled pixels and a fitting learning rate decide most. A wider layer, a second one and more epochs move the test "
        "accuracy by less than a point. Without Flatten, or with fewer outputs than classes, the network cannot be trained."
    ),
    base=Settings(dataset="mnist", hidden=(128,), learning_rate=0.001, batch_size=32, epochs=5),
    expect=finishes(accuracy_at_least=0.97),  # the course prints about 0.978
    variants=(
        Variant("neurons-64", hidden=(64,)),
        Variant("neurons-512", hidden=(512,)),
        Variant("neurons-1024", hidden=(1024,)),
        Variant(
            "no-flatten",
            flatten=False,
            hidden=(64,),
            control="neurons-64",
            expect=raises("ValueError|InvalidArgumentError", match="(?i)shape"),
        ),
        Variant(
            "output-5",
            outputs=5,
            hidden=(64,),
            control="neurons-64",
            expect=raises("ValueError|InvalidArgumentError", match="(?i)label", or_diverges=True),
        ),
        Variant("extra-hidden-layer", hidden=(512, 256), control="neurons-512"),
        Variant("epochs-15", epochs=15),
        Variant("epochs-30", epochs=30),
        Variant("no-normalization", normalize=False, hidden=(512,), control="neurons-512"),
        Variant("learning-rate-0.0001", learning_rate=0.0001),
        Variant("learning-rate-0.01", learning_rate=0.01),
        Variant("learning-rate-0.1", learning_rate=0.1),
        Variant("fashion-baseline", dataset="fashion-mnist"),
        Variant("fashion-raw", dataset="fashion-mnist", normalize=False, control="fashion-baseline"),
        Variant("fashion-512", dataset="fashion-mnist", hidden=(512,), control="fashion-baseline"),
        Variant(
            "early-stop",
            dataset="fashion-mnist",
            hidden=(512,),
            stop_below_loss=0.4,
            control="fashion-512",
            expect=finishes(epochs_at_most=2),
        ),
    ),
)
