"""Real HTTP servers on this machine that speak the vendors' wire formats and misbehave to order."""

from tests.servers.embeddings import Batch, EmbeddingServer, Sent
from tests.servers.faults import FaultSchedule
from tests.servers.http import Answer, Asked, LoopbackServer
from tests.servers.models import ModelServer, Question, Turn, Wire

__all__ = [
    "Answer",
    "Asked",
    "Batch",
    "EmbeddingServer",
    "FaultSchedule",
    "LoopbackServer",
    "ModelServer",
    "Question",
    "Sent",
    "Turn",
    "Wire",
]
