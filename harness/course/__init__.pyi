from .answers import Finding as Finding, REFUTED as REFUTED, SUPPORTED as SUPPORTED, UNDECIDED as UNDECIDED, combined as combined
from .documented import Reproduction as Reproduction, compare_documented as compare_documented, conclusions as conclusions, documented_figures as documented_figures, documented_studies as documented_studies, measured_values as measured_values
from .documented_fit import FEWEST_SEEDS as FEWEST_SEEDS
from .question_evidence import Evidence as Evidence, gather_evidence as gather_evidence
from .questions import BASE as BASE, CLASSES as CLASSES, QUESTIONS as QUESTIONS, Question as Question, STUDY as STUDY, epoch_seconds as epoch_seconds
from .texts import QuestionText as QuestionText, Texts as Texts, load_texts as load_texts
