"""The admin of keys of several columns with Django's own scripts: popups, completion, inlines."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site

ODD = "a/b?c=1#d%41 _5F,\\'\"é"
_ROWS = f"""
from django.contrib.auth.models import User
from tests.composite.goods import Order, Stock, Warehouse
User.objects.create_superuser("boss", password="boss")
for number in (1, 2):
    Warehouse.objects.create(id=number, name=f"w{{number}}")
    Stock.objects.create(pk=(number, {ODD!r}))
    Stock.objects.create(pk=(number, "plain"))
Order.objects.create(number="o1")
"""


@pytest.fixture(scope="session")
def goods(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("goods"), "tests.browser.goods")
    site.fill(("migrate", "--run-syncdb", "--verbosity=0"), ("shell", "--verbosity=0", "-c", _ROWS))
    with site.served():
        yield site


@pytest.fixture
def desk(goods: Site, page: Page) -> Page:
    """A page of somebody who may do everything; a toolbar would lie over its buttons."""
    page.context.add_init_script("localStorage.setItem('djdt.show', 'false')")
    page.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(f"{goods.url}/admin/login/")
    page.fill("#id_username", "boss")
    page.fill("#id_password", "boss")
    page.click("input[type=submit]")
    page.wait_for_selector("#user-tools")
    return page


def save(page: Page) -> None:
    page.locator("input[name=_save]").click()


def test_a_row_is_added_and_changed_in_a_popup(goods: Site, desk: Page) -> None:
    desk.goto(f"{goods.url}/admin/composite/count/add/")
    with desk.expect_popup() as opened:
        desk.click("#add_id_stock")
    popup = opened.value
    popup.select_option("#id_warehouse", "2")
    popup.fill("#id_sku", f"new {ODD}")
    with popup.expect_event("close"):
        save(popup)
    chosen = desk.locator("#id_stock option:checked")
    expect(chosen).to_have_text(f"new {ODD} in 2")
    with desk.expect_popup() as opened:
        desk.click("#change_id_stock")
    popup = opened.value
    expect(popup.locator(".field-sku .readonly")).to_have_text(f"new {ODD}")
    popup.fill("#id_quantity", "12")
    with popup.expect_event("close"):
        save(popup)
    expect(chosen).to_have_text(f"new {ODD} in 2")
    desk.fill("#id_counted_on", "2026-01-01")
    desk.fill("#id_found", "3")
    save(desk)
    expect(desk.locator(".messagelist .success")).to_contain_text("was added successfully")
    desk.click("#result_list tbody th a")
    expect(desk.locator("#id_stock option:checked")).to_have_text(f"new {ODD} in 2")


def test_rows_are_completed_while_typing(goods: Site, desk: Page) -> None:
    desk.goto(f"{goods.url}/admin/composite/line/add/")
    desk.select_option("#id_order", label="o1")
    desk.fill("#id_number", "7")
    desk.click(".field-stock .select2-selection")
    desk.fill(".select2-search__field", "_5F")
    options = desk.locator(".select2-results__option", has_text="in 2")
    options.first.click()
    expect(desk.locator(".field-stock .select2-selection__rendered")).to_contain_text("in 2")
    save(desk)
    expect(desk.locator(".messagelist .success")).to_contain_text("was added successfully")
    desk.click("#result_list tbody th a")
    expect(desk.locator(".field-stock .select2-selection__rendered")).to_contain_text(f"{ODD} in 2")


def test_rows_are_added_below_a_row(goods: Site, desk: Page) -> None:
    desk.goto(f"{goods.url}/admin/composite/order/add/")
    desk.fill("#id_number", "o2")
    desk.click("text=Add another Line")
    for number in (0, 1):
        desk.fill(f"#id_lines-{number}-number", str(number + 1))
        desk.select_option(f"#id_lines-{number}-stock", label=f"{ODD} in {number + 1}")
    desk.locator("input[name=_continue]").click()
    expect(desk.locator(".messagelist .success")).to_contain_text("was added successfully")
    expect(desk.locator("#id_lines-0-number")).to_be_disabled()
    expect(desk.locator("#id_lines-1-stock option:checked")).to_have_text(f"{ODD} in 2")
    desk.check("#id_lines-0-DELETE")
    desk.locator("input[name=_continue]").click()
    expect(desk.locator("tr.has_original")).to_have_count(1)


def test_a_row_is_looked_up_in_a_list(goods: Site, desk: Page) -> None:
    desk.goto(f"{goods.url}/admin/composite/movement/add/")
    with desk.expect_popup() as opened:
        desk.click("#lookup_id_stock")
    popup = opened.value
    with popup.expect_event("close"):
        popup.locator("#result_list tbody th a", has_text=ODD).first.click()
    expect(desk.locator("#id_stock")).to_have_value(re.compile("^1,a/b"))
    desk.fill("#id_moved_on", "2026-01-01")
    save(desk)
    expect(desk.locator(".messagelist .success")).to_contain_text("was added successfully")
