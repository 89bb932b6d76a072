"""Events of what goes wrong: what nobody knows yet, what programs say of it, what is done about it."""

from dataclasses import dataclass

from pysim.story.events.basis import Event, GroundTruth


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingInterrupted(Event):
    """All processes of the job have ended before their time; `step` was the last one that was completed, 0 for none."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRelaunched(Event):
    """All processes of the job are started again."""

    launch: int  # how many times that was done
    world_size: int
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsRejoined(Event):
    """After a restart: process groups exist again."""

    launch: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResumed(Event):
    """The first batch after a restart is on its way: `step` goes on from a checkpoint."""

    step: int
    checkpoint: str  # path; empty where there was none and the run began anew
    skipped_batches: int  # that were left out after the checkpoint
    total_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentBegan(GroundTruth):
    """Something goes wrong; where `effect` is not a crash, nobody need know for hours. Incidents are numbered by when they took effect."""

    number: int
    cause: str  # as --inject takes it
    title: str
    effect: str  # on steps: crash, hang, slow, stall, loss, survives
    target: str  # what was hit: accelerator, node, rack, switch, storage, job, data
    node: int  # of the job
    host: str
    rank: int  # the first one that was hit
    returns: int | None  # number of the incident that this is the return of, because a wrong node was blamed for it


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentNoticed(Event):
    """Somebody or something has found out that there is an incident, not what it is."""

    number: int
    by: str  # process exit, watchdog, NCCL error, health check, scheduler, trainer, loss monitor, human
    seconds: float  # since it truly began


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine(Event):
    """What a program says during an incident, in its own words, without its stamp and prefix."""

    number: int
    speaker: str  # kernel, fabric-manager, nccl, watchdog, elastic, trainer, scheduler, step, telemetry, storage
    host: str  # where it speaks; empty for a service of the cluster
    rank: int | None  # whose process speaks; None for what is no rank
    local_rank: int | None
    process_id: int | None  # None for what has none, such as a kernel
    level: str  # info, warning, error, fatal
    place: str  # the source line that its prefix names; empty where it names none
    words: str  # of one or more lines
    is_shown: bool  # at the level that the program has in this job
    unlisted: int  # others who say all of it and are not told; stands on the last line of the last one that is


@dataclass(frozen=True, slots=True, kw_only=True)
class Misdiagnosed(GroundTruth):
    """The diagnosis has named a node that nothing ails; what is done is done to it, and the incident will come again."""

    number: int
    node: int  # of the job, that is blamed
    host: str
    true_node: int
    true_host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDrained(Event):
    """A machine was taken out of the job; it goes to repair."""

    number: int
    node: int  # of the job
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReplaced(Event):
    """Another machine has taken a drained one's place; where none was left and it was itself back first, the same."""

    number: int
    node: int  # of the job, which keeps its number
    host: str  # that left
    replacement: str  # host that came
    waited_seconds: float  # until one was free


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Event):
    """Whoever is on call has decided something; what comes of it follows."""

    decision: int  # its number, from 1
    action: str  # as --decide takes it
    words: str  # what it was given besides, as it is written there; empty for nothing
    host: str  # of the node that it speaks of; empty for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed(Event):
    """Diagnostics of a node are done. They may miss what ails it, and name what nothing ails."""

    decision: int  # by its number
    node: int
    host: str
    is_named: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SparesArrived(Event):
    """Machines that whoever is on call has asked for are there."""

    decision: int  # by its number
    machines: int
    standing_by: int  # of all that there are, these among them


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered(Event):
    """The job is up again after an incident, and what that took; steps that have to be done again are yet to come."""

    number: int
    step: int  # the first one from here on
    steps_to_redo: int
    noticing_seconds: float
    repairing_seconds: float  # aborting, diagnosing, replacing
    restarting_seconds: float  # launching, connecting, loading
    lost_seconds: float  # since steps stopped
