from .arrays import (
    Arrays as Arrays,
)
from .arrays import (
    Samples as Samples,
)
from .arrays import (
    each as each,
)
from .arrays import (
    first_samples as first_samples,
)
from .arrays import (
    hold_out as hold_out,
)
from .arrays import (
    none_left as none_left,
)
from .arrays import (
    training_weights as training_weights,
)
from .catalogue import CLASS_NAMES as CLASS_NAMES
from .catalogue import DATASETS as DATASETS
from .catalogue import find_dataset as find_dataset
from .labels import NO_CLASS as NO_CLASS
from .labels import class_labels as class_labels
from .labels import class_numbers as class_numbers
from .labels import one_hot as one_hot
from .resolve import (
    ResolvedDataset as ResolvedDataset,
)
from .resolve import (
    Table as Table,
)
from .resolve import (
    fetch as fetch,
)
from .resolve import (
    is_table as is_table,
)
from .resolve import (
    open_dataset as open_dataset,
)
from .resolve import (
    prepare as prepare,
)
from .resolve import (
    survey as survey,
)
from .specs import DataError as DataError
