"""What a model does in its own way, and what that asks of the engine that trains it."""

import keras

# What Keras' fit never calls, and where the harness and fit would hear of it.
UNHEARD = {"train_on_batch": "train_step", "test_on_batch": "test_step"}
LOOPS = {"fit": "train_step", "evaluate": "test_step"}  # what trains or measures a whole epoch and more, and what a batch
FUNCTIONS = ("make_train_function", "make_test_function", "make_predict_function", "predict")
LOGS = ("train_step", "test_step", "compute_metrics")  # whose values are the logs that fit reports


def own(model: keras.Model, *names: str) -> str:
    """Return the first of these methods that the model's class, or the object itself, has in place of Keras', or nothing."""
    for name in names:
        if name in vars(model) or getattr(type(model), name) is not getattr(keras.Model, name):
            return name
    return ""


def refusal(model: keras.Model) -> str:
    """Say why no engine can train this model as its class means it, and what to write instead; nothing where one can."""
    kind = f"Model class {type(model).__name__}"
    for method, step in LOOPS.items():
        if own(model, method):
            return (
                f"{kind} overrides {method}, which goes through all batches by itself; the harness trains and measures an "
                f"epoch at a time and would not call it. Override {step} instead: what is done with one batch."
            )
    for method, step in UNHEARD.items():
        if own(model, method) and not own(model, step):
            return f"{kind} overrides {method}, which Keras' fit never calls; override {step} instead."
    if not has_call(model) and not own(model, "test_step"):
        return (
            f"{kind} has neither call nor test_step, so that nothing can be measured on test samples; give it a test_step "
            "that returns the values to report, such as {'loss': ...}."
        )
    return ""


def has_call(model: keras.Model) -> bool:
    """Say whether the model itself can be called; one whose train_step only uses its parts need not."""
    return bool(own(model, "call"))


def steps_itself(model: keras.Model) -> bool:
    """Say whether the model has a train_step of its own."""
    return bool(own(model, "train_step"))


def answers(model: keras.Model) -> bool:
    """Say whether the model can be asked for its outputs."""
    return has_call(model) or bool(own(model, "predict_step", "predict"))


def fit_function(model: keras.Model) -> str:
    """Return which part of fit the model has in its own way, so that fit itself has to run it; nothing where it has none."""
    return own(model, *FUNCTIONS)
