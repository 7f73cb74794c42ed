"""The admin with read-only pages of DynamoDB."""

from django.contrib import admin
from django.urls import include, path

from queryaudit.dynamodb.admin import DynamoDBPages
from tests.dynamodb.models import Joined, Raw, Reading, Timed

urlpatterns = [
    path("admin/dynamodb/", include(DynamoDBPages(admin.site, Reading, Raw, Timed, Joined).urls)),
    path("admin/", admin.site.urls),
]
