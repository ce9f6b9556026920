"""The playbook's YAML files, checked on the way in."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from shipworthy.core.yaml_file import model_from_yaml, read_yaml
from shipworthy.playbook.attacks import AttackAttempt
from shipworthy.playbook.incidents import IncidentCase
from shipworthy.playbook.items import Competency, FailureMode
from shipworthy.playbook.postmortem_rules import PostmortemRule

__all__ = ["AttackFile", "CompetencyFile", "FailureModeFile", "IncidentFile", "PostmortemRuleFile", "read"]

_File = TypeVar("_File", bound=BaseModel)


class CompetencyFile(BaseModel):
    """What ``competencies.yaml`` holds; unknown names are refused at every depth."""

    model_config = ConfigDict(extra="forbid")

    items: tuple[Competency, ...]


class FailureModeFile(BaseModel):
    """What ``failure_modes.yaml`` holds; unknown names are refused at every depth."""

    model_config = ConfigDict(extra="forbid")

    items: tuple[FailureMode, ...]


class AttackFile(BaseModel):
    """What ``attacks.yaml`` holds; unknown names are refused at every depth."""

    model_config = ConfigDict(extra="forbid")

    items: tuple[AttackAttempt, ...]


class IncidentFile(BaseModel):
    """What a file of ``incidents/`` holds; unknown names are refused at every depth."""

    model_config = ConfigDict(extra="forbid")

    incident: IncidentCase


class PostmortemRuleFile(BaseModel):
    """What ``postmortem_rules.yaml`` holds; unknown names are refused at every depth."""

    model_config = ConfigDict(extra="forbid")

    items: tuple[PostmortemRule, ...]


def read(name: str, model: type[_File]) -> _File:
    """The content of ``data/<name>``."""
    with as_file(files("shipworthy.playbook") / "data" / name) as path:
        return model_from_yaml(model, read_yaml(path))
