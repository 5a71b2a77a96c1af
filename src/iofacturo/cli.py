"""`iofacturo` on the command line: run, web, worker, demo, verify, and Django's own commands."""

import os
import sys

OURS = {
    "run": "everything on loopback with demo data (what `make run` calls)",
    "web": "the portal alone, behind gunicorn",
    "worker": "the worker alone",
    "demo": "fill an empty demo database",
    "read-proof": "what the proof of payment FILE (PDF, PNG, JPG) says",
    "bank-match": "which movements of LINES.csv pay which requests of REQUESTS.csv",
    "import-cabys": "make FILE, a workbook or a CSV, the CAByS catalogue in force",
    "verify": "check every invariant of the books; exit 1 and the offenders when one is broken",
}


def main(argv: list[str] | None = None) -> int:
    """Exit status 0, 1 (problems found) or 2 (unusable call or settings)."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        print("iofacturo COMMAND\n")
        for name, what in OURS.items():
            print(f"  {name:<14}{what}")
        print("\nand Django's own commands (migrate, check, shell, …).")
        return 0 if words else 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iofacturo.settings")
    name, rest = words[0], words[1:]
    if name == "run":
        from iofacturo import run

        return run.main(rest)
    if name == "bank-match":
        from iofacturo.renewals.matching import command as bank_match

        return bank_match.main(rest)
    if name == "read-proof":
        from iofacturo.renewals.proof_reading import command as read_proof

        return read_proof.main(rest)
    from django.core.exceptions import ImproperlyConfigured

    try:
        import django

        if name not in OURS:
            from django.core.management import execute_from_command_line

            execute_from_command_line(["iofacturo", *words])
            return 0
        django.setup()
    except ImproperlyConfigured as problem:
        print(f"iofacturo: {problem}", file=sys.stderr)
        return 2
    if name == "web":
        from iofacturo import web

        return web.main(rest)
    if name == "worker":
        from iofacturo import worker

        worker.run()
        return 0
    if name == "demo":
        from iofacturo import demo

        return demo.main(rest)
    if name == "import-cabys":
        from iofacturo.invoicing.catalogue import command as import_cabys

        return import_cabys.main(rest)
    return _verify()


def _verify() -> int:
    from iofacturo import verify

    offenders = 0
    for line in verify.broken():
        print(line)
        offenders += 1
    if offenders:
        print(f"{offenders} problemas en los libros.", file=sys.stderr)
        return 1
    print("Los libros cuadran.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
