"""What the environment of a function says, held against what botocore makes of it."""

from __future__ import annotations

import pytest
from botocore.regions import EndpointResolver
from botocore.session import get_session

from postroad.settings import SettingsError
from postroad.signing import environment
from postroad.signing.connections import Proxy
from postroad.signing.environment import UnsignedError, endpoint_url, keys, proxy_for, region, variable
from postroad.signing.sigv4 import Credentials

HOSTS = {"sesv2": "email", "dynamodb": "dynamodb", "secretsmanager": "secretsmanager"}
URL = "https://email.us-east-1.amazonaws.com"


def regions() -> list[str]:
    session = get_session()
    return [
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("dynamodb", partition)
    ]


@pytest.mark.parametrize("service", HOSTS)
def test_each_service_is_where_botocore_finds_it_in_every_region(service: str) -> None:
    resolver = EndpointResolver(get_session().get_component("data_loader").load_data("endpoints"))
    names = regions()
    assert {"us-east-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1"} <= set(names)
    for name in names:
        found = resolver.construct_endpoint(HOSTS[service], name)
        theirs = found["hostname"] if found else ""
        assert endpoint_url(service, HOSTS[service], {"AWS_REGION": name}) == f"https://{theirs}"


def test_the_environment_may_name_endpoints() -> None:
    given = {"AWS_ENDPOINT_URL_SESV2": "http://one:1", "AWS_ENDPOINT_URL": "http://all:2"}
    assert endpoint_url("sesv2", "email", given) == "http://one:1"
    assert endpoint_url("dynamodb", "dynamodb", given) == "http://all:2"


@pytest.mark.parametrize("service", HOSTS)
def test_each_services_own_variable_is_the_one_that_botocore_reads(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:2")
    monkeypatch.setenv(variable(service), "http://localhost:1")
    theirs = get_session().create_client(service, region_name="us-east-1")
    assert endpoint_url(service, HOSTS[service]) == theirs.meta.endpoint_url == "http://localhost:1"


@pytest.mark.parametrize(
    "url", ["email.example", "localhost:4566", "ftp://email.example", "https://", "http://me:secret@host:1"]
)
def test_an_address_that_is_none_is_refused_and_not_repeated(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL_SESV2") as caught:
        environment.endpoint("sesv2", "email", connect_timeout=1, read_timeout=1)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_endpoints_of_another_kind_are_refused_and_not_passed_over(name: str) -> None:
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL_SESV2"):
        endpoint_url("sesv2", "email", {"AWS_REGION": "us-east-1", name: "true"})
    assert endpoint_url("sesv2", "email", {"AWS_REGION": "us-east-1", name: "false"}) == URL


def test_an_endpoint_with_a_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1/path")
    with pytest.raises(ValueError, match="no path"):
        environment.endpoint("sesv2", "email", connect_timeout=1, read_timeout=1)


def test_the_region_is_the_functions_own() -> None:
    assert region({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}) == "eu-west-1"
    assert region({"AWS_DEFAULT_REGION": "us-east-1"}) == "us-east-1"
    with pytest.raises(SettingsError, match="AWS_REGION"):
        region({})


def test_the_keys_are_the_environments() -> None:
    given = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"}
    assert keys(given) == Credentials("A", "B")
    assert keys(given | {"AWS_SESSION_TOKEN": "C"}) == Credentials("A", "B", "C")
    for name, value in given.items():
        with pytest.raises(UnsignedError):
            keys({name: value})


def test_a_proxy_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert proxy_for(URL) is None

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert proxy_for(URL) == Proxy("proxy.example", 3128)
    monkeypatch.setenv("HTTPS_PROXY", "http://user:p%40ss@proxy.example")
    assert proxy_for(URL) == Proxy("proxy.example", 80, "Basic dXNlcjpwQHNz")
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    assert proxy_for(URL) == Proxy("proxy.example", 3128)
    monkeypatch.setenv("NO_PROXY", "localhost,.amazonaws.com")
    assert proxy_for(URL) is None
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert proxy_for(URL) is not None

    monkeypatch.setenv("HTTPS_PROXY", "https://proxy.example")
    with pytest.raises(SettingsError, match="HTTPS_PROXY"):
        proxy_for(URL)
