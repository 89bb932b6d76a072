"""Somebody who is on call, for tests: reads what is said, looks at curves, and decides. Knows nothing that is not told."""

from collections.abc import Callable, Iterator, Sequence

from pysim.edge.programme import Programme
from pysim.edge.telling import Turn
from pysim.options.settings import Settings
from pysim.pretraining.names import host
from pysim.pretraining.story import PretrainingStory
from pysim.show.troubles import Refused
from pysim.story import events as ev
from pysim.story.choices import Value
from pysim.story.oncall import Call

_MINUTE_US = 60_000_000
_MOST_DECISIONS = 200
_LEADS = 30  # steps by which it began earlier than that, at most
_LOOKED_BACK_US = 75 * _MINUTE_US
_ASTRAY = 1.05  # times the loss of before, from which on it is not noise
_SPEAK_OF_A_MACHINE = ("kernel", "fabric-manager", "telemetry")

Policy = Callable[["Shift", Call], str]
Lines = Sequence[ev.LogLine]


class Shift:
    """A run of which somebody is in charge."""

    def __init__(self, settings: Settings) -> None:
        self._programme = Programme(settings, 0)
        self.story: PretrainingStory = next(self._programme.stories())
        self.time_us = 0
        self.refused: list[str] = []

    @property
    def turn(self) -> Turn:
        """What asks for it by now."""
        return self._programme._on_show(self.story).turn

    def decide(self, words: str) -> bool:
        """Decide something now; whether it was possible."""
        try:
            self.story = self._programme.decide(self.story, self.time_us + 1, words).story  # type: ignore[assignment]
        except Refused as refused:
            self.refused.append(f"{words}: {refused}")
            return False
        return True

    def play(self, policy: Policy) -> "Shift":
        """To the end of the run, call by call."""
        for _ in range(_MOST_DECISIONS):
            call = self.story.next_call(self.time_us)
            if call is None:
                break
            self.time_us = call[0]
            open_calls = self.story.moment(self.time_us).calls
            words = policy(self, open_calls[-1]) if open_calls else ""
            if words and not self.decide(words):
                self.decide("wait")
        return self

    # What can be seen

    def said(self, minutes: float) -> Iterator[ev.LogLine]:
        """What programs have said lately, and since the last decision."""
        decided_us = self.turn.decide[-1].place.time_us if self.turn.decide else 0
        since_us = max(self.time_us - round(minutes * _MINUTE_US), decided_us, 0)
        told = self.story.narrate(since_us, self.time_us + 1)
        return (event for event in told if isinstance(event, ev.LogLine) and event.is_shown)

    def node_named(self, name: str) -> int | None:
        """Which node of the job has a host name, or one that begins so."""
        run = self.story.run
        machines = {run.incidents.machine_in(node, self.time_us): node for node in range(run.plan.nodes)}
        return next((node for machine, node in machines.items() if host(run.plan, machine).startswith(name)), None)

    def listed(self, action: str, argument: str) -> tuple[Value, ...]:
        """The values that an offer lists."""
        choices = (choice for choice in self.story.offered(self.time_us) if choice.name == action)
        arguments = (each for choice in choices for each in choice.arguments if each.name == argument)
        return next((each.values for each in arguments), ())

    def values(self, action: str, argument: str) -> list[str]:
        """The same as they are written."""
        return [value.text for value in self.listed(action, argument)]

    def suspects(self) -> list[int]:
        """Nodes that something speaks against; that the log has a name is not enough to take a machine away."""
        listed = self.listed("drain", "node")
        return [int(value.text) for value in listed if not value.title.endswith("named in the log")]

    def astray_since(self) -> int:
        """The step from which on the loss has not been what it was."""
        steps = [
            event
            for event in self.story.narrate(max(self.time_us - _LOOKED_BACK_US, 0), self.time_us + 1)
            if isinstance(event, ev.StepCompleted)
        ]
        usual = sorted(event.loss for event in steps[: len(steps) // 3] if event.loss is not None)
        most = usual[len(usual) // 2] * _ASTRAY if usual else 0.0
        good = [event.step for event in steps if event.loss is not None and event.loss <= most]
        return good[-1] + 1 if good else next((event.step for event in steps), 0)


def careful(shift: Shift, call: Call) -> str:
    """Drain what a machine's own log speaks of, test what is only suspected, go back far enough where numbers are wrong."""
    if call.kind != "down":
        return _find_the_slow(shift) if call.kind == "slow" else _go_behind(shift)
    lines = list(shift.said(20))
    return next(words for words in (read(shift, lines) for read in _READINGS) if words)


def _of_corruption(shift: Shift, lines: Lines) -> str:
    """Who cannot repeat its own result; the checkpoints of the last hour may hold what it has done."""
    unlike = (line.words.split(", node ")[1].split(",")[0] for line in lines if "not reproducible" in line.words)
    found = [node for node in map(shift.node_named, unlike) if node is not None]
    older = shift.values("drain", "checkpoint")[2:3]
    return f"drain,node={found[0]}" + (f",checkpoint={older[0]}" if older else "") if found else ""


def _of_numbers(shift: Shift, lines: Lines) -> str:
    return _go_behind(shift) if any("nan" in line.words.lower() for line in lines) else ""


def _of_checkpoints(shift: Shift, lines: Lines) -> str:
    """The newest cannot be read."""
    older = shift.values("restart", "checkpoint")[1:2]
    return f"restart,checkpoint={older[0]}" if older and any("zip archive" in line.words for line in lines[-8:]) else ""


def _of_machines(shift: Shift, lines: Lines) -> str:
    """What a machine says of itself, or the scheduler of one that does not answer."""
    speakers = sorted({line.host for line in lines if line.speaker in _SPEAK_OF_A_MACHINE and line.host})
    gone = [line.words.split("Nodes ")[1].split(" ")[0] for line in lines if "not responding" in line.words]
    nodes = [node for node in map(shift.node_named, (*speakers, *gone)) if node is not None]
    return _drain(shift, nodes[-1]) if nodes else ""


def _of_nothing(shift: Shift, _lines: Lines) -> str:
    """Start again; what has not helped twice wants another node, or time."""
    if [each.action for each in shift.turn.decide[-2:]] == ["restart"] * 2:
        suspects = shift.suspects()
        if suspects:
            return _drain(shift, suspects[0])
        shift.time_us += 25 * _MINUTE_US
    return "restart"


_READINGS = (_of_corruption, _of_numbers, _of_checkpoints, _of_machines, _of_nothing)


def _drain(shift: Shift, node: int) -> str:
    """Where no machine stands by, another one is asked for first."""
    choice = next(each for each in shift.story.offered(shift.time_us) if each.name == "drain")
    if choice.costs.minutes is None:
        shift.decide("spares,count=1")
        shift.time_us += 1
    return f"drain,node={node}"


def watchful(shift: Shift) -> Shift:
    """Looks every ten minutes whether steps take longer, and then for the node that makes them; on call for the rest."""
    while shift.time_us < shift.story.end_us:
        shift.time_us += 10 * _MINUTE_US
        if shift.story.standing(shift.time_us).state == "degraded":
            shift.decide(_find_the_slow(shift))
            shift.time_us -= 7 * _MINUTE_US  # an inspection takes three
        call = shift.story.next_call(0)
        if call and call[0] <= shift.time_us:
            break
    return shift.play(careful)


def idle(_shift: Shift, _call: Call) -> str:
    """Nobody is there."""
    return ""


def _find_the_slow(shift: Shift) -> str:
    """A node that is held back, or that an inspection names."""
    suspects = shift.values("drain", "node")
    if suspects:
        return f"drain,node={suspects[0]}"
    looked = [each.node for each in shift.story.run.record.diagnosed]
    nodes = range(shift.story.run.plan.nodes)
    least = min(nodes, key=lambda node: (looked.count(node), node))
    return f"diagnose,node={least}" if looked.count(least) < 3 and len(nodes) <= 64 else "wait"


def _checkpoint_before(shift: Shift, step: int) -> str:
    return next((each for each in shift.values("restart", "checkpoint") if int(each) < step), "")


def _go_behind(shift: Shift) -> str:
    """To before it began, and past the batches that did it."""
    since = shift.astray_since()
    before = _checkpoint_before(shift, since - _LEADS)
    if not before:
        return "wait"
    return f"skip,batches={since - int(before) + 60},checkpoint={before}"
