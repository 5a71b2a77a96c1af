"""`make bench`: every measure against a limit or a peer in the same run, as a table and as JSON.

`python -m bench folios hacienda` runs only the named modules.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path.stem for path in Path(__file__).parent.glob("*_bench.py"))
COLUMNS = ("value", "against", "ratio", "p99_ms", "n")


def shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}"
    return "" if value is None else str(value)


def table(results: dict[str, dict]) -> str:
    rows = [("name", *COLUMNS, "unit", "better")]
    for name, row in sorted(results.items()):
        rows.append(
            (
                name,
                *(shown(row.get(c)) for c in COLUMNS),
                row.get("unit", ""),
                row.get("better", ""),
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main(wanted: list[str]) -> int:
    if (ROOT.parent / "shared" / "xsd").is_dir():
        os.environ.setdefault("HACIENDA_XSD_DIR", str(ROOT.parent / "shared" / "xsd"))
    results: dict[str, dict] = {}
    failed = False
    for module in MODULES:
        if wanted and module.removesuffix("_bench") not in wanted:
            continue
        print(f"… {module}", flush=True)
        try:
            results |= import_module(f"bench.{module}").measure()
        except Exception:
            traceback.print_exc()
            failed = True
    out = ROOT / "var" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    before = json.loads(out.read_text()) if wanted and out.exists() else {}
    out.write_text(json.dumps({**before, **results}, indent=1, ensure_ascii=False) + "\n")
    print(table(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
