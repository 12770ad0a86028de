from .answers import (
    REFUTED as REFUTED,
)
from .answers import (
    SUPPORTED as SUPPORTED,
)
from .answers import (
    UNDECIDED as UNDECIDED,
)
from .answers import (
    Finding as Finding,
)
from .answers import (
    combined as combined,
)
from .documented import (
    Reproduction as Reproduction,
)
from .documented import (
    compare_documented as compare_documented,
)
from .documented import (
    conclusions as conclusions,
)
from .documented import (
    documented_figures as documented_figures,
)
from .documented import (
    documented_studies as documented_studies,
)
from .documented import (
    measured_values as measured_values,
)
from .documented_fit import FEWEST_SEEDS as FEWEST_SEEDS
from .question_evidence import Evidence as Evidence
from .question_evidence import gather_evidence as gather_evidence
from .questions import (
    BASE as BASE,
)
from .questions import (
    CLASSES as CLASSES,
)
from .questions import (
    QUESTIONS as QUESTIONS,
)
from .questions import (
    STUDY as STUDY,
)
from .questions import (
    Question as Question,
)
from .questions import (
    epoch_seconds as epoch_seconds,
)
from .texts import QuestionText as QuestionText
from .texts import Texts as Texts
from .texts import load_texts as load_texts
