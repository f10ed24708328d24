"""What is measured: each workload with its statement, its sides with their sizes, its unit and its target.

Sizes differ between sides so that each child measures for a few seconds at most. The rates of aipartnerupflow depend on
its sizes, and are higher with the small trees it gets here than they would be with those of the design.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.shared.workloads import Side, Target, Workload, further, rate

MOTET = "motet"
ONE, HUNDRED = "raw_one", "raw_hundred"


def raw(call: str, one: int, hundred: int) -> list[Side]:
    """Describe both sides of the storage floor, by the sizes of each; 0 leaves a side out."""
    sides = [Side(ONE, one, f"{call}_1"), Side(HUNDRED, hundred, f"{call}_100")]
    return [side for side in sides if side.n]


def tree(name: str, statement: str, sides: Sequence[Side], *, motet: int, least: float, store: str) -> Workload:
    """Describe a task tree, counted in tasks."""
    full = f"{statement}; no-op executor, inputs {{'n': i}}"
    return Workload(
        name, full, rate("tasks"), [*sides, Side(MOTET, motet)], Target(least=least), section="trees", store=store
    )


def floor(driver: str, store: str, one: int, hundred: int, statement: str) -> list[Workload]:
    """Describe what raw storage gives with one driver: rows inserted, and rows updated."""
    return [
        Workload(
            f"raw_{driver}_{act}",
            f"{act} rows with {statement}, nothing else",
            rate("rows"),
            raw(f"{driver}_{act}", one, hundred),
            Target(),
            section="floor",
            store=store,
        )
        for act in ("insert", "update")
    ]


def steps(name: str, statement: str, sides: Sequence[Side], *, motet: int, least: float, store: str = "") -> Workload:
    """Describe what is compared with the field, counted in steps."""
    unit = "tasks" if name.startswith("fanout") else "steps"
    return Workload(
        name, statement, rate(unit), [*sides, Side(MOTET, motet)], Target(least=least), section="field", store=store
    )


def loop(store: str, statement: str) -> Workload:
    """Describe the loop, counted in the bytes that it leaves behind."""
    short = "postgres" if store == "postgresql" else store
    turns = 200
    sides = [
        Side("langgraph", turns),
        Side("langgraph_delta", turns, f"loop_{short}_delta"),
        Side("dbos", turns),
        Side(MOTET, turns),
    ]
    return Workload(
        f"loop_{short}",
        f"one run of {turns} turns, each of which adds 1 KB that the run keeps, {statement}; bytes stored by it",
        further("bytes", "bytes"),
        sides,
        Target(most=250_000),
        quick=1,
        section="loop",
        store=store,
    )


DURABLE = "no-op chain of 10, one run at a time, each step's result on disk before the next step"
FULL = "SQLite (WAL, synchronous=FULL)"

WORKLOADS: dict[str, Workload] = {
    each.name: each
    for each in (
        tree(
            "fanout_sqlite",
            f"execute a root with 1000 children on {FULL}",
            [Side("aipartnerupflow", 100), *raw("sqlite_update", 5_000, 50_000)],
            motet=1_000,
            least=4_000,
            store="sqlite",
        ),
        tree(
            "chain_sqlite",
            f"execute a root with 500 children, each depending on the one before, on {FULL}",
            [Side("aipartnerupflow", 30), *raw("sqlite_update", 5_000, 0)],
            motet=500,
            least=500,
            store="sqlite",
        ),
        tree(
            "fanout_postgres",
            "execute a root with 1000 children on PostgreSQL",
            raw("asyncpg_update", 3_000, 20_000),
            motet=1_000,
            least=3_000,
            store="postgresql",
        ),
        tree(
            "fanout_duckdb",
            "execute a root with 1000 children on DuckDB",
            [Side("aipartnerupflow", 50), *raw("duckdb_update", 1_000, 1_000)],
            motet=1_000,
            least=300,
            store="duckdb",
        ),
        tree(
            "create_sqlite",
            f"create a tree of 10,000 tasks on {FULL}",
            [Side("aipartnerupflow", 500), *raw("sqlite_insert", 0, 50_000)],
            motet=10_000,
            least=20_000,
            store="sqlite",
        ),
        *(
            Workload(
                name,
                f"execute a tree of {n:,} tasks, stored by another process, on {FULL}; memory at its peak",
                further("memory", "bytes/task", per_thing=True),
                [Side(MOTET, n)],
                target,
                quick=50,
                section="large",
                store="sqlite",
            )
            for name, n, target in (
                ("middling_sqlite", 10_000, Target()),
                ("large_sqlite", 100_000, Target(most=2_000)),
            )
        ),
        *floor("sqlite", "sqlite", 5_000, 50_000, f"the standard library's driver on {FULL}"),
        *floor("psycopg", "postgresql", 3_000, 20_000, "psycopg 3 on PostgreSQL"),
        *floor("asyncpg", "postgresql", 3_000, 20_000, "asyncpg on PostgreSQL"),
        *floor("duckdb", "duckdb", 1_000, 1_000, "DuckDB's own driver"),
        steps(
            "steps10_memory",
            "no-op chain of 10 in memory, one run at a time",
            [Side("langgraph", 500)],
            motet=10_000,
            least=100_000,
        ),
        steps(
            "fanout1000_memory",
            "spread one run over 1000 no-op tasks and join them, in memory",
            [Side("langgraph", 5)],
            motet=50,
            least=40_000,
        ),
        steps(
            "steps10_sqlite",
            f"{DURABLE}, on {FULL}",
            [Side("langgraph", 100), Side("dbos", 50), Side(ONE, 5_000, "sqlite_insert_1")],
            motet=300,
            least=3_000,
            store="sqlite",
        ),
        steps(
            "steps10_postgres",
            f"{DURABLE}, on PostgreSQL",
            [Side("langgraph", 100), Side("dbos", 50), Side(ONE, 3_000, "asyncpg_insert_1")],
            motet=300,
            least=2_000,
            store="postgresql",
        ),
        loop("sqlite", f"on {FULL}"),
        loop("postgresql", "on PostgreSQL"),
    )
}
