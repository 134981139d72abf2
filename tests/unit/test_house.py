"""The rules of the house that no linter knows."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AWS_MODULES = {
    "aws",
    "aws_errors",
    "client",
    "dynamodb",
    "dynamodb_leaving",
    "dynamodb_statements",
    "dynamodb_transactions",
    "environment",
    "eventbridge",
    "firehose",
    "json_service",
    "lambda_",
    "s3",
    "secrets",
    "secretsmanager",
    "ses",
    "ses_list",
    "sqs",
    "sqs_dead_letters",
    "access",
    "wiring",
}
NO_CAPABILITY = {"cli", "local", "configuration", "explaining", "authoring"}


def product_modules() -> list[Path]:
    """Every module of a capability: all that reaches a Lambda, and `redriving`, which operators run."""
    modules = (ROOT / "postroad").rglob("*.py")
    return [path for path in modules if path.relative_to(ROOT / "postroad").parts[0] not in NO_CAPABILITY]


def runtime_imports(path: Path) -> Iterator[str]:
    """Yield the top-level names that a module imports when it runs."""

    def visit(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                yield from (alias.name.split(".")[0] for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                yield child.module.split(".")[0]
            yield from visit(child)

    yield from visit(ast.parse(path.read_text("utf-8")))


def test_aws_is_known_only_to_modules_that_are_named_for_it() -> None:
    knowing = {path for path in product_modules() if {"boto3", "botocore"} & set(runtime_imports(path))}

    strangers = [path.relative_to(ROOT) for path in knowing if path.stem not in AWS_MODULES]
    assert strangers == []
    assert {path.stem for path in knowing} >= {"dynamodb", "ses", "sqs", "s3", "wiring"}


def test_a_function_is_its_handler_and_nothing_else() -> None:
    functions = [path for path in (ROOT / "functions").iterdir() if path.name != "__pycache__"]
    assert len(functions) >= 3
    for function in functions:
        files = [path.name for path in function.iterdir() if path.name != "__pycache__"]
        assert files == ["handler.py"], f"{function.name}: logic belongs into postroad/"
        tests = ROOT / "tests" / "handlers" / f"test_{function.name}_handler.py"
        assert tests.is_file(), f"{tests.relative_to(ROOT)} is missing"


@pytest.mark.parametrize(
    "lock",
    [*sorted(ROOT.glob("requirements/*.txt")), ROOT / "package-lock.json"],
    ids=lambda path: path.name,
)
def test_lock_files_hold_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    if lock.suffix == ".json":
        packages = json.loads(text)["packages"]
        assert all("integrity" in facts for name, facts in packages.items() if name)
        return
    pinned = re.findall(r"^[A-Za-z0-9][^ ]*==[^ ]+ \\$", text, flags=re.MULTILINE)
    named = re.findall(r"^[A-Za-z0-9].*$", text, flags=re.MULTILINE)
    assert len(pinned) == len(named) > 5


def test_emulated_cloud_and_product_use_the_same_aws_library() -> None:
    def botocore(name: str) -> str:
        text = (ROOT / "requirements" / name).read_text("utf-8")
        (version,) = re.findall(r"^botocore==(\S+)", text, flags=re.MULTILINE)
        return str(version)

    assert botocore("cloud.txt") == botocore("runtime.txt") == botocore("development.txt")


def test_no_two_test_modules_share_a_name() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
