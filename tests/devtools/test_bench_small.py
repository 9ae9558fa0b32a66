"""Every measurement in a tiny form: the bench works and measures what it says. Floors are not judged here."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from app.coupang.orders.decode import read_sheet_page
from app.devtools.bench import ingest, raw, rest, run, sheets, transitions
from app.devtools.bench.figures import Effort, Figure, Rounds, Turn, table, take_turns
from app.devtools.bench.load import Told
from app.devtools.bench.machine import machine
from app.devtools.bench.stage import Stage, at

TINY = Effort(reps=1, seconds=0.2, rows=1000)


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    async with at(database_url) as ready:
        yield ready


def test_sheets_are_read_in_full_and_a_revision_is_another_content() -> None:
    page = read_sheet_page(sheets.page(range(3)))
    assert page.unreadable == ()
    assert [sheet.shipment_box_id for sheet in page.sheets] == [sheets.box_id(number) for number in range(3)]
    assert {len(sheet.lines) for sheet in page.sheets} == {2}
    assert 2500 < len(page.sheets[0].raw) < 4000
    assert sheets.page([1]) == sheets.page([1])
    assert sheets.page([1]) != sheets.page([1], revision=1)


def test_plain_tables_hold_the_same_boxes(stage: Stage) -> None:
    with stage.sync() as connection:
        raw.fill(connection, range(4), stage.context.now())
        raw.upsert(connection, [raw.order(number, 1, stage.context.now()) for number in range(2, 6)])
        found = connection.execute(
            "SELECT o.id, sum(i.held), length(o.payload::text) > 1900 FROM raw_order o"
            " JOIN raw_item i ON i.order_number = o.number GROUP BY o.number ORDER BY o.id"
        ).fetchall()
    assert found == [(sheets.box_id(number), 1 if number >= 2 else 0, True) for number in range(6)]


@pytest.mark.process
async def test_ingest_is_measured(stage: Stage) -> None:
    figures = await ingest.measure(stage, TINY)
    assert [figure.floor for figure in figures] == [None, None, 0.5, 5.0]
    _sane(figures)
    async with stage.context.db.connection() as connection:
        row = await (await connection.execute("SELECT count(*) AS boxes FROM box")).fetchone()
    assert row is not None
    assert row["boxes"] > TINY.rows


@pytest.mark.process
async def test_transitions_are_measured(stage: Stage) -> None:
    figures = await transitions.measure(stage, TINY)
    assert [figure.floor for figure in figures] == [3.0, None, None]
    _sane(figures)
    async with stage.context.db.connection() as connection:
        cursor = await connection.execute(
            "SELECT (SELECT count(*) FROM history WHERE source IS NOT NULL) AS told,"
            " (SELECT sum(version - 1) FROM box) AS steps, (SELECT count(*) FROM raw_outbox) AS one_by_one"
        )
        row = await cursor.fetchone()
    assert row is not None
    assert row["told"] == row["steps"] > 0
    assert row["one_by_one"] > 0


@pytest.mark.process
async def test_rest_is_measured(stage: Stage) -> None:
    figures = await rest.measure(stage, TINY)
    assert [figure.floor for figure in figures] == [0.4, 0.4]
    _sane(figures)
    assert all("p50" in figure.note and "p99" in figure.note for figure in figures)
    async with stage.context.db.connection() as connection:
        cursor = await connection.execute("SELECT count(*) AS asked FROM effect WHERE kind = 'SHIP'")
        row = await cursor.fetchone()
    assert row is not None
    assert row["asked"] > 0


async def test_an_answer_that_is_not_the_one_measured_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(plan: object) -> Told:
        return Told(3, 0.1, 1.0, 2.0, {"200": 2, "404": 1})

    monkeypatch.setattr(rest, "drive", refused)
    side = rest._reading(1, 10, {})
    with pytest.raises(RuntimeError, match="404"):
        await side(0.1)


async def test_sides_take_turns_and_the_median_of_the_ratios_counts() -> None:
    seen: list[str] = []

    def side(name: str, rate: float) -> object:
        async def lease(seconds: float) -> Turn:
            seen.append(name)
            return Turn(rate, 1.0, 5.0, 9.0)

        return lease

    rounds = await take_turns({"a": side("a", 30), "b": side("b", 60)}, Effort(2, 0.4))  # type: ignore[dict-item]
    assert seen == ["a", "b"] * (1 + 2 * 4)
    figure = rounds.figure("x", "things/s", "a", "b", 0.4)
    assert (figure.rate, figure.ceiling, figure.ratio, figure.missed) == (30, 60, 0.5, False)
    assert rounds.latency("a") == "p50 5.0 p99 9.0 ms"


def test_a_missed_floor_is_shown() -> None:
    turns = {"a": [Turn(1, 1), Turn(2, 1), Turn(9, 1)], "b": [Turn(10, 1)] * 3}
    figure = Rounds(turns).figure("slow", "things/s", "a", "b", 0.4)
    assert (figure.ratio, figure.lowest, figure.highest, figure.missed) == (0.2, 0.1, 0.9, True)
    shown = table([figure])
    assert "| 0.20" in shown
    assert "NO" in shown
    assert len({len(line) for line in shown.splitlines()}) == 1


@pytest.mark.process
@pytest.mark.parametrize(("ratio", "code"), [(0.39, 1), (0.41, 0)])
async def test_the_verb_fails_exactly_when_a_floor_is_missed(
    ratio: float,
    code: int,
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def measure(stage: Stage, effort: Effort) -> list[Figure]:
        assert effort.reps == 2
        return [Figure("f", "x/s", ratio, "c", 1.0, ratio, ratio, ratio, 0.4)]

    monkeypatch.setattr(run, "stage", lambda directory: at(database_url))
    monkeypatch.setattr(run, "MEASUREMENTS", {"ingest": measure})
    told = tmp_path / "figures.json"
    assert await run.run(["--only", "ingest", "--reps", "2", "--json", str(told)]) == code
    out, err = capsys.readouterr()
    assert "PostgreSQL" in out
    assert ("below its floor: f" in err) == (code == 1)
    assert orjson.loads(told.read_bytes())["figures"][0]["missed"] == (code == 1)


async def test_an_unknown_measurement_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        await run.run(["--only", "ingest,speed"])
    assert "'speed' is not one of ingest, transitions, rest" in capsys.readouterr().err


def test_the_machine_line_names_no_host_and_no_path(database_url: str) -> None:
    line = machine(database_url)
    assert "PostgreSQL" in line
    assert "fsync" in line
    assert "/" not in line.replace("fsync on/off", "")


def _sane(figures: list[Figure]) -> None:
    for figure in figures:
        assert 0 < figure.lowest <= figure.ratio <= figure.highest
        assert figure.rate > 0
        assert figure.ceiling > 0
