"""The reviewed classifier at work: a label, how sure it is, and whether a person should look.

There is no candidate to build here: what labels is the feature's own candidate, the one that was reviewed.
"""

from shipworthy.apps.classify.labelling import Basis, LabelledText, Labeller

__all__ = ["Basis", "LabelledText", "Labeller"]
