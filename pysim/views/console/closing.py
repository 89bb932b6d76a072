"""The end of a run as a trainer's log: the export and the run in numbers."""

from collections.abc import Sequence

from pysim.story import events as ev
from pysim.story.header import Header
from pysim.views import text
from pysim.views.bars import LOG_CELLS, bar
from pysim.views.console.pen import Lines, Pen, Writers

_LABEL_COLUMNS = 19  # of the summary, with the space around them
_RULE_COLUMNS = 72  # at most
_CARD_COLUMNS = 66  # from here on three runs stand beside each other
_WHOLE = 1000.0  # from here on a quantity has no decimals


class Closing:
    """Writes what happens after the last step."""

    def __init__(self, header: Header, pen: Pen) -> None:
        self._header = header
        self._pen = pen
        self.writers: Writers = {
            ev.ExportStarted: self._export_started,
            ev.ExportStageCompleted: self._export_stage_completed,
            ev.ExportFileWritten: self._export_file_written,
            ev.ExportCompleted: self._export_completed,
            ev.TimeAccounted: self._time_accounted,
            ev.RunCompleted: self._run_completed,
            ev.ScoreTold: self._score_told,
        }

    def _export_started(self, e: ev.ExportStarted) -> Lines:
        yield from self._pen.say(
            e,
            self._pen.with_path(e, "exporting to", e.path),
            [f"{text.size(e.export_bytes)} of weights", f"{e.files} files"],
        )

    def _export_stage_completed(self, e: ev.ExportStageCompleted) -> Lines:
        stage = f"{bar(1.0, LOG_CELLS, self._pen.palette)} {e.stage}"
        yield from self._pen.say(e, stage, [f"{e.items:,} {e.unit}", text.short_seconds(e.seconds)])

    def _export_file_written(self, e: ev.ExportFileWritten) -> Lines:
        progress = f"{bar(e.index / e.files, LOG_CELLS, self._pen.palette)} {e.index}/{e.files}"
        yield from self._pen.say(e, f"{progress} {e.file}", [text.size(e.file_bytes)])

    def _export_completed(self, e: ev.ExportCompleted) -> Lines:
        size = f"{text.size(e.export_bytes)} in {e.files} files"
        yield from self._pen.say(e, "export done", [size, f"took {text.duration(e.seconds)}"])

    def _time_accounted(self, e: ev.TimeAccounted) -> Lines:
        between = f"one in {text.duration(e.between_failures_seconds)}"
        yield from self._pen.say(
            e,
            f"goodput {e.goodput:.1%}",
            [
                f"{text.duration(e.productive_seconds)} productive of {text.duration(e.wall_seconds)}",
                f"{e.interruptions:,} {text.plural('interruption', e.interruptions)}, {between}",
                f"available {e.availability:.1%}",
                f"{e.steps_redone:,} {text.plural('step', e.steps_redone)} redone",
            ],
        )
        lost = {
            "starting": e.starting_seconds,
            "noticing": e.noticing_seconds,
            "repairing": e.repairing_seconds,
            "restarting": e.restarting_seconds,
            "redoing": e.redoing_seconds,
        }
        parts = [f"{name} {text.duration(seconds)}" for name, seconds in lost.items()]
        yield from self._pen.say(e, f"lost {text.duration(sum(lost.values()))}", parts)
        yield from self._costs(e)

    def _costs(self, e: ev.TimeAccounted) -> Lines:
        """The costliest causes, as many as fit on one line, and what is left of the others."""
        written = (tuple(self._pen.say(e, *_lost_to(e.costs, named))) for named in range(len(e.costs), 0, -1))
        return min(written, key=len)

    def _run_completed(self, e: ev.RunCompleted) -> Lines:
        p, rule = self._pen.palette, self._pen.dim(self._pen.glyphs.rule * min(self._pen.columns, _RULE_COLUMNS))
        hourly = self._header.usd_per_hour
        rows: dict[str, tuple[str, ...]] = {  # a value, and what is left out where there is no room for it
            "total time": (text.duration(e.time_seconds),),
            "epochs": (f"{e.epochs:,}",),
            "steps": (f"{e.steps:,}",),
            "tokens": (f"{e.tokens:,}", f"({text.count(e.tokens)})"),
            "train loss": (text.loss(e.final_train_loss), "(mean of the last steps, at most 100)"),
            "validation loss": (text.loss(e.final_validation_loss), f"(best {text.loss(e.best_validation_loss)})"),
            "mean throughput": (f"{e.mean_tokens_per_second:,.0f} tok/s",),
            "mean MFU": (f"{e.mean_mfu:.1%}",),
            f"{self._header.device}-hours": (text.amount(e.accelerator_hours),),
            "energy": (f"{text.amount(e.energy_kwh)} kWh", "(accelerators)"),
            "cost": (f"${e.usd:,.0f}", f"at ${hourly:.2f} per {self._header.device}-hour"),
            "saved to": (self._pen.end_of(e.path, self._pen.columns - _LABEL_COLUMNS),),
        }
        yield rule
        yield f"{p.bold}run {e.run_name} complete{p.reset}"
        for label, (value, *remarks) in rows.items():
            line = f"  {self._pen.dim(f'{label:<{_LABEL_COLUMNS - 3}}')} {value}"
            yield self._pen.joined([line, *remarks], " ")
        yield rule

    def _score_told(self, e: ev.ScoreTold) -> Lines:
        """A card: three columns, or one below the other where there is no room."""
        p, rule = self._pen.palette, self._pen.dim(self._pen.glyphs.rule * min(self._pen.columns, _RULE_COLUMNS))
        rows = {
            "goodput": (f"{e.goodput:.1%}", f"{e.automatic_goodput:.1%}", f"{e.nobody_goodput:.1%}"),
            "cost": (f"${e.usd:,.0f}", f"${e.automatic_usd:,.0f}", f"${e.nobody_usd:,.0f}"),
            "steps redone": (f"{e.steps_redone:,}", f"{e.automatic_steps_redone:,}", f"{e.nobody_steps_redone:,}"),
            "last step after": tuple(
                text.duration(seconds)
                for seconds in (e.last_step_seconds, e.automatic_last_step_seconds, e.nobody_last_step_seconds)
            ),
        }
        rows["validation loss"] = tuple(
            map(text.loss, (e.validation_loss, e.automatic_validation_loss, e.nobody_validation_loss))
        )
        decided = f"{e.decisions} {text.plural('decision', e.decisions)}"
        yield rule
        yield f"{p.bold}the shift: {', '.join(filter(None, (e.scenario, decided)))}{p.reset}"
        if self._pen.columns >= _CARD_COLUMNS:
            yield "  " + self._pen.dim(f"{'':<{_LABEL_COLUMNS - 3}} {'you':>14} {'the policy':>14} {'nobody':>14}")
            for label, values in rows.items():
                yield f"  {self._pen.dim(f'{label:<{_LABEL_COLUMNS - 3}}')} " + " ".join(
                    f"{value:>14}" for value in values
                )
        else:
            for label, values in rows.items():
                yield f"  {self._pen.dim(label)} {values[0]}"
                yield f"    policy {values[1]}, nobody {values[2]}"
        for aim in e.aims:
            color = p.green if aim.is_reached else p.red
            yield self._pen.joined(
                [
                    f"  {color}{'reached' if aim.is_reached else 'missed'}{p.reset} {aim.text}:",
                    f"{_amount(aim.value)}",
                    f"(the policy {_amount(aim.automatic_value)}, {'reached' if aim.is_reached_by_policy else 'missed'})",
                ],
                " ",
            )
        if e.aims:
            reached = all(aim.is_reached for aim in e.aims)
            verdict = "the goal is reached" if reached else "the goal is missed"
            yield f"{p.bold}{p.green if reached else p.red}{verdict}{p.reset}"
        yield rule


def _amount(value: float | None) -> str:
    return "never" if value is None else f"{value:,.4g}" if abs(value) < _WHOLE else f"{value:,.0f}"


def _lost_to(costs: Sequence[ev.CauseCost], named: int) -> tuple[str, list[str]]:
    """The head of a line, and its parts: so many causes, and the others together."""
    first, *more = [f"{cost.cause} {text.duration(cost.seconds)}" for cost in costs[:named]]
    others = costs[named:]
    if others:
        seconds = text.duration(sum(cost.seconds for cost in others))
        more.append(f"{len(others)} {text.plural('other', len(others))} {seconds}")
    return f"lost to {first}", more
