"""What only rows show, pair by pair or by a classifier: `headrace.skew.pairs` and `headrace.skew.shift` measure it."""

from __future__ import annotations

from headrace.skew.distances.measure import Measure, register


@register
class Mismatches(Measure):
    """Share of the pairs of a training and a serving row that differ in the feature."""

    name, code, threshold = "mismatches", "FEATURE_SKEW", 0.01
    title = "share of pairs that differ"


@register
class Unpaired(Measure):
    """Share of the training rows that have no partner in serving."""

    name, code = "unpaired", "UNPAIRED"
    title = "share without a partner"


@register
class CovariateShift(Measure):
    """How much better than chance a classifier tells the rows of two spans apart by their features."""

    name, code, threshold = "covariate_shift", "COVARIATE_SHIFT", 0.2
    title = "P(x): 2 AUC - 1"


@register
class LabelShift(Measure):
    """Change of the share of a label's value."""

    name, code, threshold = "label_shift", "LABEL_SHIFT", 0.05
    title = "P(y): L-infinity"


@register
class ConceptShift(Measure):
    """Change of the share of a label's value among rows with the same features."""

    name, code, threshold = "concept_shift", "CONCEPT_SHIFT", 0.1
    title = "P(y|x): change"
