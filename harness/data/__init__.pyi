from .arrays import (
    Arrays as Arrays,
    Samples as Samples,
    each as each,
    first_samples as first_samples,
    hold_out as hold_out,
    none_left as none_left,
    take as take,
    titled as titled,
    training_weights as training_weights,
)
from .catalogue import CLASS_NAMES as CLASS_NAMES, DATASETS as DATASETS, find_dataset as find_dataset
from .datasets import Data as Data
from .labels import NO_CLASS as NO_CLASS, class_labels as class_labels, class_numbers as class_numbers, one_hot as one_hot
from .resolve import (
    DatasetLocation as DatasetLocation,
    ResolvedDataset as ResolvedDataset,
    Table as Table,
    arrays_of as arrays_of,
    fetch as fetch,
    found_here as found_here,
    is_table as is_table,
    kept_here as kept_here,
    open_dataset as open_dataset,
    prepare as prepare,
    survey as survey,
)
from .specs import DataError as DataError
from .training_view import TrainingView as TrainingView
