from django.contrib import admin
from django.urls import include, path

from queryaudit.masterdata.admin import urls

urlpatterns = [path("admin/masterdata/", include(urls())), path("admin/", admin.site.urls)]
