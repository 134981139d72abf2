"""The names by which a deployment is found: applications and operators hold on to them."""

import pytest

from postroad.names import pascal, queue_parameter, resource_name


def test_resources_are_named_by_product_and_stage() -> None:
    assert resource_name("prod", "mail") == "postroad-prod-mail"
    assert resource_name("prod") == "postroad-prod"


def test_applications_find_their_queue_where_the_contract_says() -> None:
    assert queue_parameter("prod", "transactional") == "/postroad/prod/transactional/queue-url"


@pytest.mark.parametrize(
    ("words", "written"),
    [("transactional", "Transactional"), ("order-updates", "OrderUpdates"), ("shop.example", "ShopExample")],
)
def test_outputs_begin_with_the_words_of_a_name(words: str, written: str) -> None:
    assert pascal(words) == written
