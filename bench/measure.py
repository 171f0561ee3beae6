"""Interleaved rounds: every case and target in turn, again and again, so that drift hits all."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import cores, load
from bench.load import Measured
from bench.options import Options
from bench.result import Ratio, spread
from bench.targets import Target


@dataclass(frozen=True)
class Pass:
    """One case against some targets, each with the requests meant for it."""

    key: str
    name: str
    against: Sequence[tuple[Target, Path]]


@dataclass(frozen=True)
class Sample:
    """One measurement. `cpu_us`: CPU time of the target's process for each request, in µs; `busy`:
    the share of one core it used."""

    measured: Measured
    cpu_us: float
    busy: float


@dataclass(frozen=True)
class Series:
    """The samples of one case against one target, one a round."""

    samples: list[Sample]

    @property
    def rates(self) -> list[float]:
        """Requests a second of each round."""
        return [sample.measured.rate for sample in self.samples]

    @property
    def rate(self) -> float:
        """Median requests a second."""
        return median(self.rates)

    @property
    def spread(self) -> float:
        """Half the distance between slowest and fastest round, as a share of the median."""
        return spread(self.rates)

    @property
    def p50_ms(self) -> float:
        """Median over the rounds."""
        return median(sample.measured.p50_ms for sample in self.samples)

    @property
    def p99_ms(self) -> float:
        """Median over the rounds."""
        return median(sample.measured.p99_ms for sample in self.samples)

    @property
    def cpu_us(self) -> float:
        """Median over the rounds."""
        return median(sample.cpu_us for sample in self.samples)

    @property
    def busy(self) -> float:
        """Median over the rounds."""
        return median(sample.busy for sample in self.samples)


Measurements = Mapping[tuple[str, str], Series]
"""By key of the pass and name of the target."""


def ratio(ours: Series, limit: Series) -> Ratio:
    """Return what the rate of one is of the other's."""
    return Ratio.of(ours.rates, limit.rates)


def ratio_by_cpu(ours: Series, limit: Series) -> Ratio:
    """Return what the limit's CPU time for a request is of ours."""
    return Ratio.of([s.cpu_us for s in limit.samples], [s.cpu_us for s in ours.samples])


def noise(*all_found: Measurements) -> str:
    """Say how far rounds were apart: much, when the machine had other work meanwhile."""
    spreads = [series.spread for found in all_found for series in found.values()]
    return (
        f"The rounds of one series differed by ±{median(spreads):.0%} in the middle, by"
        f" ±{max(spreads):.0%} at most."
    )


def interleave(
    passes: Sequence[Pass],
    options: Options,
    *,
    rounds: int | None = None,
    between: Callable[[], None] = lambda: None,
) -> Measurements:
    """Measure all passes in rounds; the order of targets flips each round.

    `between` is called before each round.
    """
    found: dict[tuple[str, str], list[Sample]] = {}
    for number in range(rounds or options.rounds):
        between()
        for one in passes:
            order = list(one.against) if number % 2 == 0 else list(reversed(one.against))
            for target, requests in order:
                if number == 0:
                    _sample(target, requests, options, options.warm)
                sample = _sample(target, requests, options, options.seconds)
                found.setdefault((one.key, target.name), []).append(sample)
            _tell(number, one, found)
    return {key: Series(samples) for key, samples in found.items()}


def _sample(target: Target, requests: Path, options: Options, seconds: int) -> Sample:
    before, began = cores.cpu_seconds(target.pid), time.monotonic()
    measured = load.run(target.port, requests, connections=options.connections, seconds=seconds)
    took, used = time.monotonic() - began, cores.cpu_seconds(target.pid) - before
    return Sample(measured, used / measured.requests * 1e6, used / took)


def _tell(number: int, one: Pass, found: Mapping[tuple[str, str], list[Sample]]) -> None:
    rates = "  ".join(
        f"{target.name} {found[one.key, target.name][-1].measured.rate:,.0f}/s"
        for target, _ in one.against
    )
    print(f"  round {number + 1}  {one.name:30}  {rates}", flush=True)
