"""Boosted trees of one depth as plain arrays: read in milliseconds, without pickle and without scikit-learn.

A tree of depth 3 has 7 questions and 8 answers, laid out level by level: question 0 is followed by 1 (yes) and 2 (no),
question 1 by 3 and 4, and so on. A branch that ends early repeats its answer below.
"""

from typing import Any

import numpy as np

ROWS_AT_ONCE = 512  # as many as stay in the processor's cache


class Trees:
    """Adds up the answers of all trees. Its arrays have a line for each question, and a column for each tree."""

    def __init__(self, exported: dict[str, Any]) -> None:
        self.start = exported["start"]
        self.feature = np.array(exported["feature"]).T
        self.threshold = np.array(exported["threshold"]).T[:, :, None]
        self.missing_is_yes = np.array(exported["missing_is_yes"]).T[:, :, None]
        self.answer = np.array(exported["answer"]).T[:, :, None]

    def score(self, features: np.ndarray) -> np.ndarray:
        """Return the log-odds of each row of *features*, shape (rows, features)."""
        parts = [features[at : at + ROWS_AT_ONCE] for at in range(0, len(features), ROWS_AT_ONCE)]
        return np.concatenate([self._score(part.T) for part in parts]) if parts else np.empty(0)

    def _score(self, columns: np.ndarray) -> np.ndarray:
        yes = columns[self.feature] <= self.threshold  # (questions, trees, rows); a missing value says no here
        yes |= np.isnan(columns)[self.feature] & self.missing_is_yes
        answer = self.answer
        while (asked := len(answer) // 2) >= 1:  # from the lowest questions up, each chooses between two answers
            answer = np.where(yes[asked - 1 : 2 * asked - 1], answer[0::2], answer[1::2])
        return self.start + answer[0].sum(axis=0)


def export(booster: Any, depth: int) -> dict[str, Any]:
    """Return the trees of a fitted scikit-learn histogram booster."""
    trees = [_tree(predictors[0].nodes, depth) for predictors in booster._predictors]
    names = ("feature", "threshold", "missing_is_yes", "answer")
    start = float(np.ravel(booster._baseline_prediction)[0])
    return {"start": start, **{name: [tree[name] for tree in trees] for name in names}}


def _tree(nodes: np.ndarray, depth: int) -> dict[str, list[Any]]:
    tree: dict[str, list[Any]] = {"feature": [], "threshold": [], "missing_is_yes": []}
    level = [nodes[0]]
    for _ in range(depth):
        below = []
        for node in level:
            leaf = bool(node["is_leaf"])
            tree["feature"].append(0 if leaf else int(node["feature_idx"]))
            tree["threshold"].append(0.0 if leaf else float(node["num_threshold"]))
            tree["missing_is_yes"].append(not leaf and bool(node["missing_go_to_left"]))
            below += [node, node] if leaf else [nodes[node["left"]], nodes[node["right"]]]
        level = below
    return {**tree, "answer": [float(node["value"]) for node in level]}
