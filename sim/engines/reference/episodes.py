"""An episode: a process from stage to stage until it is paid, dropped, held or stopped by a warning."""

from collections.abc import Generator
from functools import partial
from typing import cast

import simpy

from sim.aftermath import delay_bin, filing_delay, loss_bin, order_delay, recovered, report_delay
from sim.base.words import STOPPED, EpisodeEnd, Event, Outcome, Stage, Truth
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_COVERAGE
from sim.engines.reference.alerts import Alert, covered, detect, raised
from sim.engines.reference.track import Detection
from sim.engines.reference.world import At, Person, World, call_at, priority
from sim.engines.tables import CaseStep, Phase
from sim.episode import ENGAGED_STAGE, FIRST_PAYMENT, next_stage, paid_before, payable, scheduled, waits, would_pay
from sim.store.recorder import LogEntry
from sim.warning.detectors import stage_tiers


class Episode:
    """One episode: its person, its payments, and the alerts issued about it."""

    def __init__(self, world: World, attempt: int, fraud_type: int, person: Person) -> None:
        self.world = world
        self.attempt = attempt
        self.fraud_type = fraud_type
        self.person = person
        self.over = False
        self.next_stage = ENGAGED_STAGE
        self.will_cancel: bool | None = None
        self.payments: list[tuple[int, int]] = []
        self.alerts: list[Alert] = []
        self.warned: tuple[int, int] | None = None
        self.scheduled, self.total = scheduled(
            world.tables.seed, attempt, fraud_type, world.today.loss_factor, world.tables.episodes
        )
        self.process: simpy.Process

    def begin(self) -> None:
        """Count the episode and start its process."""
        self.world.books.episodes += 1
        self.world.books.episode_ends["running"] += 1
        self.count(Outcome.EPISODES, 1)
        self.world.totals.drawn_in[self.fraud_type] += 1
        self.process = self.world.env.process(self.course())

    def count(self, measure: int, amount: int) -> None:
        """Add to an outcome of the current day."""
        person = self.person
        key = (self.world.day, person.province, self.fraud_type, person.band, person.sex)
        self.world.recorder.outcomes[key][measure] += amount

    def course(self) -> Generator[simpy.Event, None, None]:
        """Go through engaged, site or app opened, and payments; before each the person may drop out or be stopped."""
        world, tables = self.world, self.world.tables
        try:
            for stage in range(ENGAGED_STAGE, FIRST_PAYMENT + self.scheduled):
                self.next_stage = stage
                delay, drops_out, u_hold = next_stage(
                    tables.seed, self.attempt, stage, self.fraud_type, tables.episodes, tables.clock
                )
                yield At(world.env, world.now + delay, priority(Phase.STAGE_MOMENTS, self.attempt | stage))
                if drops_out:
                    self.end(EpisodeEnd.DROPPED_OUT, Phase.STAGE_MOMENTS)
                    return
                if stage < FIRST_PAYMENT:
                    self.log(Phase.STAGE_MOMENTS, Event.STAGE, stage)
                elif u_hold < world.today.held[self.person.province]:
                    self.hold()
                    return
                self.show(stage)
                if stage >= FIRST_PAYMENT:
                    wait, cancels = self.waits(stage)
                    if wait > 0:
                        self.will_cancel = cancels
                        yield At(world.env, world.now + wait, priority(Phase.STAGE_MOMENTS, self.attempt | stage))
                        self.will_cancel = None
                    if cancels:
                        self.hold()
                        return
                    self.pay(stage)
                self.next_stage = stage + 1
            self.end(None, Phase.STAGE_MOMENTS)
        except simpy.Interrupt as interrupt:
            self.avert(self.prevent(Outcome.PREVENTED_CENTS))
            self.end(EpisodeEnd.SAVED, cast(int, interrupt.cause))

    def waits(self, stage: int) -> tuple[int, bool]:
        """Return what becomes of the transfer of a stage under the measures of today, see ``sim.episode``."""
        world, tables, person = self.world, self.world.tables, self.person
        delayed = world.today.delayed[person.province]
        if not len(delayed):
            return 0, False
        payment = stage - FIRST_PAYMENT
        cents = self.amount_before(payment + 1) - self.amount_before(payment)
        return waits(tables.seed, self.attempt, payment, cents, person.age, delayed, tables.waits, tables.clock)

    def hold(self) -> None:
        """End the episode before a payment: a bank holds it, or the person cancels while it waits."""
        self.prevent(Outcome.HELD_CENTS)
        self.end(EpisodeEnd.HELD, Phase.STAGE_MOMENTS)

    def amount_before(self, payment: int) -> int:
        """Return the cents of all scheduled payments before one."""
        growth = float(self.world.tables.episodes.growth[self.fraud_type])
        return paid_before(self.total, payment, self.scheduled, growth)

    def pay(self, stage: int) -> None:
        """Make the payment of a stage; the first one makes a victim."""
        payment = stage - FIRST_PAYMENT
        cents = self.amount_before(payment + 1) - self.amount_before(payment)
        if not self.payments:
            self.count(Outcome.VICTIMS, 1)
            self.move_books(EpisodeEnd.VICTIMS)
            self.world.totals.first_payments[self.fraud_type] += 1
            self.world.totals.victims[self.person.province].append(self.person.number)
        self.payments.append((self.world.now, cents))
        self.count(Outcome.LOSS_CENTS, cents)
        self.log(Phase.STAGE_MOMENTS, Event.PAYMENT, stage, value=cents)

    def show(self, stage: int) -> None:
        """Let both detectors score a stage, or a transfer that is ordered."""
        world, tables = self.world, self.world.tables
        d_prime = float(tables.detectors.stage[min(stage, FIRST_PAYMENT) - 1])
        d_prime += float(world.today.data_sharing[self.person.province])
        u_central, u_local, _, _ = draw4(tables.seed, self.attempt, ATTEMPT_COVERAGE, 0)
        seen = covered(world, self.person.province, u_central, u_local)
        tiers = raised(seen, stage_tiers(tables.seed, self.attempt, stage, d_prime, tables.detectors))
        finding = Detection(self.attempt, stage, world.now, self.person, self.fraud_type, Truth.EPISODE, self)
        detect(world, finding, tiers)

    def stop(self, phase: int) -> None:
        """End the episode because a warning persuaded the person."""
        self.process.interrupt(phase)

    def prevent(self, measure: int) -> int:
        """Count the money that a warning or a bank kept from being paid; return the number of payments prevented."""
        tables = self.world.tables
        come_to = payable(tables.seed, self.attempt, self.next_stage, self.scheduled, self.fraud_type, tables.episodes)
        paid = len(self.payments)
        if come_to > paid:
            self.count(measure, self.amount_before(come_to) - self.amount_before(paid))
        return come_to

    def avert(self, come_to: int) -> None:
        """Count a person stopped before any payment who would have become a victim without the warning."""
        if self.payments:
            return
        world = self.world
        held = int(world.today.held[self.person.province])
        if self.will_cancel is None:
            pays = would_pay(world.tables.seed, self.attempt, come_to, held) and not self.waits(FIRST_PAYMENT)[1]
        else:  # no bank has held the transfer that waits
            pays = not self.will_cancel
        if pays:
            self.count(Outcome.AVERTED, 1)

    def move_books(self, end: EpisodeEnd) -> None:
        """Count an episode that was running under an end."""
        self.world.books.episode_ends["running"] -= 1
        self.world.books.episode_ends[end.label] += 1

    def end(self, how: EpisodeEnd | None, phase: int) -> None:
        """Close the episode: ``how`` it ended, None if all was paid; after a payment the victim may report."""
        world = self.world
        self.over = True
        if how is not None:
            self.log(phase, Event.STAGE, self.next_stage, result=STOPPED if how == EpisodeEnd.SAVED else how.label)
            if not self.payments:
                self.count(Outcome.of(how.label), 1)
                self.move_books(how)
        if world.tables.desk_knows:
            for alert in list(self.alerts):
                alert.become_moot(phase)
        if self.payments:
            warned = self.warned is not None
            delay = report_delay(world.tables.seed, self.attempt, warned, world.tables.reports, world.tables.clock)
            if delay >= 0:
                order = priority(Phase.REPORTS, self.attempt, CaseStep.REPORT)
                call_at(world.env, world.now + delay, order, partial(self.report, delay))

    def report(self, after: int) -> None:
        """Report, ``after`` ms from the end: a stop-payment order recovers something; the case will be filed."""
        world, tables = self.world, self.world.tables
        reach, searches = float(world.today.reach[self.person.province]), world.today.searches[self.person.province]
        ordered = world.now + order_delay(tables.seed, self.attempt, tables.reports, tables.clock)
        back = 0
        for number, (moment, cents) in enumerate(self.payments):
            made = tables.seed, self.attempt, number, cents
            back += recovered(made, ordered - moment, reach, searches, tables.reports, tables.clock)
        self.count(Outcome.RECOVERED_CENTS, back)
        self.log(Phase.REPORTS, Event.REPORT, Stage.CONTACT, value=back)
        delay = filing_delay(tables.seed, self.attempt, tables.reports, tables.clock)
        call_at(
            world.env,
            world.now + delay,
            priority(Phase.REPORTS, self.attempt, CaseStep.FILING),
            partial(self.file, after),
        )

    def file(self, after: int) -> None:
        """File the case, reported ``after`` ms from the end; the next midnight puts it on the backlog."""
        world, province = self.world, self.person.province
        loss = sum(cents for _, cents in self.payments)
        self.count(Outcome.FILED, 1)
        self.count(Outcome.FILED_LOSS_CENTS, loss)
        world.recorder.cases[(world.day, province, self.fraud_type, delay_bin(after), loss_bin(loss))] += 1
        world.books.filed += 1
        world.totals.filed[province].append((world.now, self.attempt))
        self.log(Phase.REPORTS, Event.FILING, Stage.CONTACT)

    def log(self, phase: int, event: Event, stage: int, result: str | None = None, value: int = -1) -> None:
        """Write an event of this episode into the log."""
        if not self.world.recorder.records_events:
            return
        self.world.recorder.event(
            LogEntry(
                self.world.now,
                phase,
                event.label,
                self.person.province,
                self.attempt,
                stage=stage,
                result=result,
                value=value,
            )
        )
