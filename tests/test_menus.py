from lxml import etree

from .common import DeadlineCommon

MODULE = "deadline_management"


class TestMenus(DeadlineCommon):
    """Where people look for things."""

    def _get_menus(self, user):
        menus = self.env["ir.ui.menu"].with_user(user)
        menus = menus.browse(menus._visible_menu_ids()).sorted("sequence")
        root = self.env.ref(f"{MODULE}.menu_deadline_root")
        return menus.filtered(lambda menu: menu.parent_id == root), menus

    def test_seven_at_the_most(self):
        tops, _menus = self._get_menus(self.env.ref("base.user_admin"))
        self.assertEqual(
            tops.mapped("name"),
            [
                "Dashboard",
                "Deadlines",
                "Multipacks",
                "To Do",
                "Notices",
                "Reporting",
                "Configuration",
            ],
        )

    def test_who_sells_finds_the_customers(self):
        seller = self._create_user("seller", "sales_team.group_sale_salesman")
        tops, menus = self._get_menus(seller)
        self.assertNotIn("Configuration", tops.mapped("name"))
        customers = self.env.ref(f"{MODULE}.menu_deadline_customers")
        self.assertIn(customers, menus)
        self.assertEqual(customers.action.res_model, "res.partner")

    def test_settings_have_a_page_of_their_own(self):
        action = self.env.ref(f"{MODULE}.menu_deadline_settings").action
        settings = self.env["res.config.settings"].with_user(self.env.ref("base.user_admin"))
        arch = etree.fromstring(settings.get_view(view_type="form")["arch"])
        self.assertEqual(action.res_model, "res.config.settings")
        self.assertIn(f"'{MODULE}'", action.context)
        ours = "//app[@name='deadline_management']//field[starts-with(@name, 'deadline_')]"
        everywhere = "//field[starts-with(@name, 'deadline_')]"
        names = [field.get("name") for field in arch.xpath(ours)]
        self.assertIn("deadline_renewal_window", names)
        self.assertEqual(names, [field.get("name") for field in arch.xpath(everywhere)])
        reminders = self.env.ref(f"{MODULE}.deadline_reminder_action")
        for app, target in (("sale_management", action), ("crm", reminders)):
            links = arch.xpath(f"//app[@name='{app}']//button[@name='{target.id}']")
            self.assertTrue(links, app)
