"""What Lambda runs of others: the layer of third-party code, built for arm64 without Docker."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.session import get_session

from stacks.bundling import HOST, LAMBDA, LayerError, Target, build_bundle, build_layer
from stacks.bundling.bundle import LEFT_OUT, ROOT
from stacks.bundling.layer import SERVICES, clean_environment
from stacks.bundling.target import OUR_PYTHON
from tests.infrastructure.alone import run_alone

AARCH64 = 0xB7
MEGABYTE = 1_000_000
MAKING_CLIENTS = {"client", "when_used"}
ZONES = """
import datetime, zoneinfo
assert zoneinfo.TZPATH == (), zoneinfo.TZPATH
zone = zoneinfo.ZoneInfo("America/Bogota")
print(datetime.datetime(2026, 11, 22, 12, tzinfo=zone).utcoffset())
"""


@pytest.fixture(scope="module")
def lambda_layer() -> Path:
    return build_layer(LAMBDA)


def shared_objects(layer: Path) -> Iterator[Path]:
    return (path for path in layer.rglob("*") if ".so" in path.suffixes)


def locked() -> dict[str, str]:
    text = (ROOT / "requirements" / "runtime.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def test_the_layer_is_for_arm64_by_its_machine_code(lambda_layer: Path) -> None:
    objects = list(shared_objects(lambda_layer))

    assert objects
    for path in objects:
        header = path.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", path
        assert int.from_bytes(header[18:20], "little") == AARCH64, path


def test_the_layer_is_for_lambdas_python_by_its_wheels(lambda_layer: Path) -> None:
    fits = re.compile(r"(py2\.)?py3-none-any|py2-none-any|cp313-cp313-manylinux\w+_aarch64")
    wheels = list(lambda_layer.glob("python/*.dist-info/WHEEL"))

    assert len(wheels) == len(locked())
    for wheel in wheels:
        tags = re.findall(r"^Tag: (\S+)$", wheel.read_text(), re.MULTILINE)
        assert tags
        assert all(fits.fullmatch(tag) for tag in tags), (wheel, tags)
        assert any(tag != "py2-none-any" for tag in tags)


@pytest.mark.parametrize("target", [LAMBDA, HOST], ids=["lambda", "host"])
def test_the_layer_holds_the_locked_versions_and_nothing_else(target: Target) -> None:
    names = [path.name for path in build_layer(target).glob("python/*.dist-info")]
    held = dict(re.findall(r"^(.+)-([^-]+)\.dist-info$", "\n".join(names), re.MULTILINE))

    assert {name.replace("_", "-").lower(): version for name, version in held.items()} == locked()


def test_the_layer_and_a_bundle_stay_far_below_lambdas_limit(lambda_layer: Path) -> None:
    """250 MB unpacked is the limit; each megabyte is also uploaded, unpacked and paid for at cold starts."""
    folders = (lambda_layer, build_bundle("send"))
    total = sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())

    assert 20 * MEGABYTE < total < 80 * MEGABYTE


def test_time_zones_come_from_the_layer(lambda_layer: Path) -> None:
    """Lambda's images have no zone files."""
    host_layer = build_layer(HOST)
    assert (lambda_layer / "python/tzdata/zoneinfo/America/Bogota").is_file()

    assert run_alone(ZONES, host_layer, host_layer, PYTHONTZPATH="").strip() == "-1 day, 19:00:00"


def test_botocore_keeps_the_services_that_functions_call(lambda_layer: Path) -> None:
    called: set[object] = set()
    for file in [*(ROOT / "functions").rglob("*.py"), *(ROOT / "postroad").rglob("*.py")]:
        if file.relative_to(ROOT).parts[1] in LEFT_OUT:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) in MAKING_CLIENTS
            ):
                called.update(one.value for one in node.args[:1] if isinstance(one, ast.Constant))

    assert {"dynamodb", "s3", "sesv2"} <= called <= SERVICES
    for service in called:
        assert list((lambda_layer / f"python/botocore/data/{service}").glob("*/service-2.json*"))
    assert (lambda_layer / "python/botocore/data/endpoints.json").is_file()


def test_the_endpoints_that_are_left_are_botocores(lambda_layer: Path) -> None:
    """Every Region of every service that functions call, in every partition; of the others none."""
    left = json.loads((lambda_layer / "python/botocore/data/endpoints.json").read_text("utf-8"))
    whole = get_session().get_component("data_loader").load_data("endpoints")
    prefixes = {get_session().get_service_model(name).endpoint_prefix for name in SERVICES}

    assert {"email", "dynamodb"} <= prefixes
    for mine, theirs in zip(left.pop("partitions"), whole["partitions"], strict=True):
        services = {name: facts for name, facts in theirs["services"].items() if name in prefixes}
        assert mine == {**theirs, "services": services}
    assert left == {"version": whole["version"]}


# pip.


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """A lock file of one small package, for builds that are made for real."""
    text = (ROOT / "requirements" / "runtime.txt").read_text()
    one = re.search(r"^six==.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    assert one
    root = tmp_path / "house"
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "runtime.txt").write_text(one.group())
    return root


def test_pip_needs_no_home_and_trusts_nothing_of_the_local_cloud(
    small_house: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = small_house / ".local" / "certificate.pem"
    certificate.parent.mkdir()
    certificate.write_text("no certificate at all")
    for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "nowhere"))
    monkeypatch.setenv("HOME", str(tmp_path / "empty"))

    layer = build_layer(LAMBDA, root=small_house)

    assert {path.name for path in (layer / "python").iterdir()} >= {"six.py"}
    assert not list(layer.rglob("RECORD"))


def test_a_package_with_another_hash_is_refused(small_house: Path) -> None:
    lock = small_house / "requirements" / "runtime.txt"
    lock.write_text(re.sub(r"sha256:\w+", "sha256:" + "0" * 64, lock.read_text()))

    with pytest.raises(LayerError, match="DO NOT MATCH THE HASHES"):
        build_layer(LAMBDA, root=small_house)
    assert not [
        path
        for path in (small_house / "build" / "layer").iterdir()
        if not path.name.startswith(".") and path.is_dir()
    ]


def test_the_layer_has_bytecode_where_python_is_lambdas(small_house: Path) -> None:
    """The same on every machine: the path in it is Lambda's, and no time of a file is."""
    layer = build_layer(Target(OUR_PYTHON, LAMBDA.platforms), root=small_house)

    (bytecode,) = layer.rglob("*.pyc")
    unchecked_hash = 0b01
    assert int.from_bytes(bytecode.read_bytes()[4:8], "little") == unchecked_hash
    assert b"/opt/python/six.py" in bytecode.read_bytes()
    assert str(small_house).encode() not in bytecode.read_bytes()


def test_certificates_of_the_machine_reach_pip_and_those_of_the_local_cloud_do_not(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "PIP_INDEX_URL": "https://pypi.example/simple",
        "PIP_TARGET": "/tmp/elsewhere",  # noqa: S108 - only a value
        "REQUESTS_CA_BUNDLE": "/etc/ssl/company.pem",
        "SSL_CERT_FILE": str(tmp_path / ".local" / "certificate.pem"),
        "AWS_CA_BUNDLE": "/etc/ssl/company.pem",
        "AWS_SECRET_ACCESS_KEY": "key",
        "PYTHONHOME": "/usr",
    }

    kept = clean_environment(given, tmp_path)

    assert kept.keys() == {"PATH", "HTTPS_PROXY", "PIP_INDEX_URL", "REQUESTS_CA_BUNDLE"}
