"""Can a classifier that sees 200 steps tell simulated runs from real ones? Half of what it says is right by chance: an AUC of 0.5.

It learns on all families of logs but one, and their matching simulated runs, and is asked about that one, so nothing but what is wrong
everywhere gives a run away. The features were fixed with the tables. Each repetition has other seeds; the spread is theirs.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from realism.matching import KINDS, real_windows, simulated_windows
from realism.measures import Floats
from realism.section import Section
from realism.window_statistics import Features

LIMIT = 0.65
REPETITIONS = 5
FEWEST = 12  # simulated windows of a family
_SEEDS_APART = 1000
_TREES, _LEAF = 300, 2
_TOLD = 4  # features that are named


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well windows of one kind are told apart: by family, weighted by its windows, in each repetition."""

    kind: str
    families: dict[str, Floats]  # AUC, shape (repetitions,)
    scores: Floats  # shape (repetitions,)
    telling: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether a reader of 200 steps is left in doubt."""
        return float(self.scores.mean()) <= LIMIT

    def lines(self) -> tuple[str, ...]:
        """As printed."""
        each = ", ".join(f"{family} {auc.mean():.2f}" for family, auc in self.families.items())
        return (
            f"{self.kind:<5} AUC {self.scores.mean():.2f} +- {self.scores.std():.2f}, at most {LIMIT} {'ok' if self.passed else 'MISSED'}",
            f"      by family: {each}",
            f"      given away by: {', '.join(self.telling)}",
        )


def section() -> Section:
    """The verdict of every kind."""
    verdicts = [judged(kind) for kind in KINDS]
    lines = tuple(line for verdict in verdicts for line in verdict.lines())
    return Section("Judge: real or simulated, from 200 steps", lines, all(verdict.passed for verdict in verdicts))


@cache
def judged(kind: str) -> Verdict:
    """The verdict of one kind: loss, time or norm."""
    real = real_windows(kind)
    windows = Counter(family for family, _features in real)
    found: dict[str, list[float]] = {family: [] for family in windows}
    importances = np.zeros(len(real[0][1]))
    for repetition in range(REPETITIONS):
        simulated = [
            (family, features)
            for family, count in windows.items()
            for features in simulated_windows(kind, family, max(count, FEWEST), repetition * _SEEDS_APART)
        ]
        for family in windows:
            auc, importance = _held_out(real, simulated, family, repetition)
            found[family].append(auc)
            importances += importance
    by_family = {family: np.array(each) for family, each in found.items()}
    scores = sum(windows[family] * auc for family, auc in by_family.items()) / len(real)
    names = np.array(list(real[0][1]))[np.argsort(-importances)[:_TOLD]]
    return Verdict(kind, by_family, np.asarray(scores), tuple(names.tolist()))


Windows = list[tuple[str, Features]] | tuple[tuple[str, Features], ...]


def _held_out(real: Windows, simulated: Windows, family: str, repetition: int) -> tuple[float, Floats]:
    """AUC on one family of a forest that has seen the others, and what it went by."""
    labelled = [(one, features, label) for label, windows in enumerate((real, simulated)) for one, features in windows]
    names = list(real[0][1])
    values = np.array([[features[name] for name in names] for _one, features, _label in labelled])
    labels = np.array([label for _one, _features, label in labelled])
    held = np.array([one == family for one, _features, _label in labelled])
    forest = RandomForestClassifier(_TREES, min_samples_leaf=_LEAF, class_weight="balanced", random_state=repetition)
    forest.fit(values[~held], labels[~held])
    return float(roc_auc_score(labels[held], forest.predict_proba(values[held])[:, 1])), forest.feature_importances_
