"""The words in which questions are shown, in each language; a question's own texts lie beside its study."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """Every word that is said of questions in one language; {…} stands for a value."""

    states: Mapping[str, str]
    answers: Mapping[str, str]
    reasons: Mapping[str, str]
    labels: Mapping[str, str]

    def label(self, name: str, **values: object) -> str:
        """Return a label with the values it mentions."""
        return self.labels[name].format(**values)

    def reason(self, name: str, **values: object) -> str:
        """Return why a claim stands as it does, with the values it mentions."""
        return self.reasons[name].format(**values)


ENGLISH = QuestionWords(
    states={
        "supported": "supported",
        "refuted": "refuted",
        "undecided": "undecided",
    },
    answers={
        "supported": "The records support the documented answer: every claim in it holds.",
        "refuted": "The records refute the documented answer: at least one claim in it does not hold.",
        "undecided": "The records do not decide: at least one claim in the documented answer is still open.",
    },
    reasons={
        "missing": "nothing recorded yet to judge by",
        "few": "{n} of {fewest} seeds needed for a finding",
        "interval-above": "the whole interval lies above 0",
        "interval-below": "the whole interval lies below 0",
        "interval-across": "the interval holds 0: more seeds are needed",
        "unfinished": "some runs finished on one side alone: the others are no fair sample",
        "refused": "more seeds would not settle it",
        "no-spread": "the same difference on every seed: no spread to judge by",
        "all": "in every run",
        "not-all": "not in every run",
        "most": "in most seeds: the whole interval lies above one half",
        "minority": "in few seeds: the whole interval lies below one half",
        "split": "the interval holds one half: more seeds are needed",
        "better": "better, by more than noise and at least {margin}",
        "worse": "worse, by more than noise and at least {margin}",
        "equivalent": "no difference of {margin} or more",
        "identical": "the same on every seed",
        "inconclusive": "too close to call: perhaps less than {margin}, perhaps more",
        "diverged": "the loss stopped being finite",
        "seeds-needed": "likely {low} to {high} seeds would settle it",
    },
    labels={
        "more-seeds": "more than {most}",
        "points": "{margin} points",
        "colon": ": ",
        "semicolon": "; ",
        "stop": ". ",
        "comma": ", ",
        "title": "The questions of {study}",
        "list-title": "{title}, held against {logdir}",
        "number": "no.",
        "topic": "topic",
        "question": "question",
        "state": "evidence",
        "choices": "Choices",
        "not-run": "not run yet",
        "not-run-answer": "Nothing is recorded that could decide.",
        "quiz-ask": "Your answer ({first} to {last})",
        "quiz-think": "Think of an answer, then press Enter",
        "quiz-right": "Yes, that is the documented answer.",
        "quiz-wrong": "That is not the documented answer.",
        "quiz-score": "{right} of {total} as documented.",
        "documented": "Documented answer",
        "explanation": "Why",
        "measured": "Measured",
        "variant": "variant",
        "runs": "runs",
        "train-loss": "train loss",
        "test-loss": "test loss",
        "test-accuracy": "test accuracy",
        "epochs": "epochs",
        "epoch-seconds": "s/epoch",
        "first-image": "Probability of each class for the first test image, mean over seeds",
        "claims": "What the answer claims, and what the records say",
        "claim": "claim",
        "value": "measured",
        "interval": "95% interval",
        "seeds": "seeds",
        "finding": "finding",
        "share": "{count} of {n} runs",
        "unfinished": "{finished} of {total} finished",
        "conclusion": "Conclusion",
        "note": "± is the standard deviation over seeds; a difference is paired on the same seeds, with Student's t interval.",
        "no-room": "Hidden, as the terminal is narrow: {names}.",
        "deviation": "standard deviation",
        "left-out": "{count} records of other settings or of stand-in data were not counted.",
        "untranslated": "There is no {file}: the questions are in English.",
        "run-hint": "Nothing is recorded for {variants}. To train what is missing: "
        "{program} questions {number}{study} --run --logdir {logdir}",
        "list-hint": "{program} questions N{study} shows one of them whole; --run trains what it still needs.",
    },
)

CHINESE = QuestionWords(
    states={
        "supported": "支持",
        "refuted": "否定",
        "undecided": "尚无定论",
    },
    answers={
        "supported": "实验记录支持文档中的答案：其中每一条论断都成立。",
        "refuted": "实验记录否定了文档中的答案：其中至少有一条论断不成立。",
        "undecided": "实验记录还不足以得出结论：文档答案中至少有一条论断悬而未决。",
    },
    reasons={
        "missing": "还没有可供判断的记录",
        "few": "下结论需要 {fewest} 个种子，目前只有 {n} 个",
        "interval-above": "整个区间都在 0 以上",
        "interval-below": "整个区间都在 0 以下",
        "interval-across": "区间包含 0，需要更多种子",
        "unfinished": "有些种子只在一边训练完成：剩下的不是公平的样本",
        "refused": "再多种子也得不出结论",
        "no-spread": "每个种子的差值都一样，没有离散程度可供判断",
        "all": "每次运行都如此",
        "not-all": "并非每次运行都如此",
        "most": "多数种子如此：整个区间都在一半以上",
        "minority": "只有少数种子如此：整个区间都在一半以下",
        "split": "区间包含一半，需要更多种子",
        "better": "更好：差异超出噪声，且不小于 {margin}",
        "worse": "更差：差异超出噪声，且不小于 {margin}",
        "equivalent": "差异不到 {margin}",
        "identical": "每个种子的结果都相同",
        "inconclusive": "区间既没有完全落在 ±{margin}之内，也没有完全落在其外",
        "diverged": "损失不再是有限的数",
        "seeds-needed": "大约需要 {low} 到 {high} 个种子才能得出结论",
    },
    labels={
        "more-seeds": "{most} 以上",
        "points": "{margin} 个百分点",
        "colon": "：",
        "semicolon": "；",
        "stop": "。",
        "comma": "、",
        "title": "{study} 的问题",
        "list-title": "{title}与 {logdir} 中的实验记录",
        "number": "编号",
        "topic": "主题",
        "question": "问题",
        "state": "证据",
        "choices": "选项",
        "not-run": "尚未运行",
        "not-run-answer": "还没有可供判断的实验记录。",
        "quiz-ask": "你的答案（{first} 到 {last}）",
        "quiz-think": "先想一想，然后按回车键",
        "quiz-right": "对，这就是文档中的答案。",
        "quiz-wrong": "文档中的答案是另一个。",
        "quiz-score": "{total} 题中有 {right} 题与文档一致。",
        "documented": "文档中的答案",
        "explanation": "为什么",
        "measured": "实测结果",
        "variant": "变体",
        "runs": "运行次数",
        "train-loss": "训练损失",
        "test-loss": "测试损失",
        "test-accuracy": "测试准确率",
        "epochs": "轮数",
        "epoch-seconds": "每轮秒数",
        "first-image": "第一张测试图片属于各类别的概率（各个种子的平均值）",
        "claims": "答案的论断，以及实验记录的结论",
        "claim": "论断",
        "value": "实测值",
        "interval": "95% 区间",
        "seeds": "种子数",
        "finding": "结论",
        "share": "{n} 次运行中有 {count} 次",
        "unfinished": "{total} 次中完成 {finished} 次",
        "conclusion": "总的结论",
        "note": "± 后面是各个种子之间的标准差；差值按相同的种子成对计算，区间为学生 t 区间。",
        "no-room": "终端太窄，已省略：{names}。",
        "deviation": "标准差",
        "left-out": "有 {count} 条记录的设置不同，或使用了替代数据，未计入。",
        "untranslated": "没有 {file}：问题以英文显示。",
        "run-hint": "{variants} 还没有记录。训练命令：{program} questions {number}{study} --run --logdir {logdir}",
        "list-hint": "{program} questions N{study} 显示某一题的全部内容；加上 --run 会训练它还缺少的部分。",
    },
)

WORDS = {"en": ENGLISH, "zh": CHINESE}
