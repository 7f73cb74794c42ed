"""The shop's addresses where DynamoDB runs."""

from shop.dynamodb_pairs import DYNAMODB_PAIRS
from shop.pairs import PAIRS
from shop.urls import addresses

urlpatterns = addresses([*PAIRS, *DYNAMODB_PAIRS])
