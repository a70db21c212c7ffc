from odoo.tests import tagged

from .test_portal import PortalCommon

#: Fails where the page, or a table in it, has to be moved sideways.
FITS = """
const wide = [document.documentElement, ...document.querySelectorAll("main .table-responsive")]
    .filter((element) => element.scrollWidth > element.clientWidth);
if (wide.length) {
    console.error("too wide: " + wide.map((element) => element.className));
} else {
    console.log("test successful");
}
"""


@tagged("post_install", "-at_install")
class TestPortalOnAPhone(PortalCommon):
    """All that a customer needs to know fits the smallest phone."""

    browser_size = "320x640"
    touch_enabled = True

    def test_list_and_page_fit(self):
        self.due.description = "a-rather-long-name-of-a-service.example.com"
        for url in ("/my/deadlines?filterby=all", f"/my/deadlines/{self.due.id}"):
            with self.subTest(url=url):
                self.browser_js(url, FITS, "!!document.querySelector('main .table')", login="ann")

    def test_list_says_when_it_ends_and_what_is_to_do(self):
        self._login(self.ann)
        page = self.url_open("/my/deadlines?filterby=all").text
        self.assertIn(self.due._format_days_left(), page)
