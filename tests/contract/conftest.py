"""What several ports' tests need: a certificate of localhost, and the tables of addresses in moto."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto import mock_aws

from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.ports import SuppressionStore
from tests.suppressions import TABLE
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of localhost that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    encoding = serialization.Encoding.PEM
    pem = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(signed.public_bytes(encoding) + pem)
    return path


@pytest.fixture
def secure(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def dynamodb() -> Iterator["DynamoDBClient"]:
    """Return moto's DynamoDB with the tables Suppressions and Contacts."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        for name in (TABLE, "contacts"):
            create_table(client, name)
        yield client


@pytest.fixture(params=["memory", "dynamodb", "dynamodb, one item a page"])
def suppressions(request: pytest.FixtureRequest) -> SuppressionStore:
    """Return each implementation in turn."""
    if request.param == "memory":
        return MemorySuppressions(page_size=1)
    client = request.getfixturevalue("dynamodb")
    return DynamoSuppressions(
        client, TABLE, page_size=1 if "page" in request.param else None, pause=lambda _: None
    )
