from .claim_judging import (
    MISSING as MISSING,
    REFUTED as REFUTED,
    SUPPORTED as SUPPORTED,
    UNDECIDED as UNDECIDED,
    ClaimResult as ClaimResult,
    combined as combined,
)
from .claim_kinds import ON_FIRST_IMAGE as ON_FIRST_IMAGE, epoch_seconds as epoch_seconds
from .documented import (
    Reproduction as Reproduction,
    VariantReproduction as VariantReproduction,
    by_variant as by_variant,
    compare_documented as compare_documented,
    conclusions as conclusions,
    measured_values as measured_values,
)
from .documented_file import (
    documented_figures as documented_figures,
    documented_studies as documented_studies,
)
from .documented_fit import FEWEST_SEEDS as FEWEST_SEEDS
from .question_evidence import Evidence as Evidence, collect_evidence as collect_evidence
from .questions import Question as Question
from .questions_file import ENGLISH as ENGLISH, load_questions as load_questions, questions_path as questions_path
