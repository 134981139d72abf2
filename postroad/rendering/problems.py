"""What a build complains of."""


class TemplateBuildError(Exception):
    """The templates can't be built. Lists every problem found, one a line, with its file."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems for tests and tools."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
