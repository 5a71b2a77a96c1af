"""Where the rules write what they find."""

from __future__ import annotations

from collections.abc import Iterable

from hacienda.errors import Problem

MOST = 1000
"""A document with more problems than this is not told any further: nobody reads on."""


class Enough(Exception):
    """The list is full: whatever is still to be looked at is left."""


class Findings:
    """A bounded list of problems, with one error for each place: the first tells it best."""

    __slots__ = ("_faulty", "problems")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._faulty: set[str] = set()

    def error(self, code: str, path: str, message: str, remedy: str = "") -> None:
        """Surely wrong: Hacienda would reject it."""
        self.add(Problem(code, path, "error", message, remedy))

    def warning(self, code: str, path: str, message: str, remedy: str = "") -> None:
        """Odd, yet possible."""
        self.add(Problem(code, path, "warning", message, remedy))

    def spare(self, path: str, name: str, code: str) -> None:
        """A description that only goes with the code 99 ("Otros")."""
        self.warning(
            "sobra-descripcion", f"{path}{name}", f"{name} solo va con el código 99, no con {code}."
        )

    def add(self, problem: Problem) -> None:
        """Raises `Enough` with the last one that fits."""
        if problem.path in self._faulty:
            return
        if problem.path and problem.is_error:
            self._faulty.add(problem.path)
        self.problems.append(problem)
        if len(self.problems) >= MOST:
            raise Enough

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.add(problem)
