"""What ./dev screenshots runs: the product's pictures, made from the demo data of today.

Each `picture_*` below shows one screen; its name is that of the file. English pictures belong to
the store page, the README and the English guides (static/description/), those of another language
to its guides (docs/LANGUAGE/). Look at them before they are committed. It stays because pictures
made by hand show the product as it was.
"""

import io
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import requests
from browser import PATIENCE, Browser
from PIL import Image, ImageOps

from odoo.tools import config

ROOT = Path(__file__).resolve().parent.parent
LOCALES = {"en": "en_US", "it": "it_IT", "es": "es_ES", "fr": "fr_FR", "de": "de_DE"}
DESKTOP, PHONE = (1280, 800), (390, 760)
FORM, LIST = ".o_form_view .o_form_sheet", ".o_list_view .o_data_row"
#: Names of the demo data that a customer would read in the language of the pictures.
NAMES = {
    "it": {
        "Domain Name": "Nome a dominio",
        "Web Hosting": "Hosting web",
        "Studio Software Licence": "Licenza software Studio",
        "Co-working Membership": "Abbonamento co-working",
        "Locker Rental": "Noleggio armadietto",
        "Ten-Day Pass": "Tessera 10 giorni",
        "Fire Extinguisher Inspection": "Controllo estintori",
        "Online Studio Package": "Pacchetto studio online",
        "Co-working Flat Rate": "Co-working tutto compreso",
        "Software, domain and a yearly check, in one price.": (
            "Software, dominio e un controllo annuale a un unico prezzo."
        ),
        "A desk and a locker, month by month, until you leave.": (
            "Scrivania e armadietto, di mese in mese, fino al recesso."
        ),
        "Online shop": "Negozio online",
        "Trade fair": "Fiera",
        "Sales agent": "Agente",
        "Previous system": "Gestionale precedente",
        "Ask why the membership was not renewed": "Chiedere perché non ha rinnovato",
        "Send the offer for two years": "Inviare l'offerta per due anni",
        "Ask for the purchase order": "Chiedere l'ordine di acquisto",
        "Has the board decided?": "Il consiglio ha deciso?",
        "Wants to be called after the holidays": "Vuole essere richiamata dopo le ferie",
        "Prepare the contract for signature": "Preparare il contratto da firmare",
        "Confirm the new address": "Confermare il nuovo indirizzo",
    },
}
TRANSLATED = {
    "product.template": ("name", "description_sale"),
    "deadline.origin": ("name",),
    "mail.activity": ("summary",),
}


def run(env, language, names):
    """Make the pictures of a language.

    :param odoo.api.Environment env: of a database with demo data, which is changed
    :param str language: code of two letters
    :param list names: of the pictures to make; none for all
    """
    folder = ROOT / ("static/description" if language == "en" else f"docs/{language}")
    folder.mkdir(parents=True, exist_ok=True)
    prepare(env, language)
    studio = Studio(env, language, folder)
    with serving(env) as url, Browser(url, language) as browser:
        studio.browser = browser
        for name, picture in PICTURES.items():
            if not names or name in names:
                print(f"{folder.relative_to(ROOT)}/{name}", file=sys.stderr)
                try:
                    picture(studio)
                except Exception:
                    (ROOT / ".odoo/screenshots.png").write_bytes(browser.take())
                    print("the page is in .odoo/screenshots.png", file=sys.stderr)
                    raise


def prepare(env, language):
    """Have everybody, and the shop, speak the language."""
    code = LOCALES[language]
    wizard = env["base.language.install"]
    if code != "en_US":
        lang = env["res.lang"].with_context(active_test=False).search([("code", "=", code)])
        wizard.create({"lang_ids": lang.ids, "overwrite": True}).lang_install()
        env["website"].search([]).write({"default_lang_id": lang.id, "language_ids": lang.ids})
        env["res.partner"].with_context(active_test=False).search([]).write({"lang": code})
    for model, fields in TRANSLATED.items():
        for record in env[model].with_context(active_test=False).search([]):
            for field in fields:
                if name := NAMES.get(language, {}).get(record[field]):
                    record.with_context(lang=code)[field] = name
    # A quiet screen: no tours, no robot that introduces itself.
    users = env["res.users"].search([])
    users.write({"odoobot_state": "disabled", "tour_enabled": False})
    env.cr.commit()


@contextmanager
def serving(env):
    """Serve the database meanwhile; gives the address."""
    url = f"http://localhost:{config['http_port']}"
    env["ir.config_parameter"].set_param("web.base.url", url)
    env.cr.commit()
    command = [sys.executable, "-m", "odoo", "server", "-c", config["config"]]
    server = subprocess.Popen(
        [*command, "--log-level=error", "--max-cron-threads=0"], stdin=subprocess.DEVNULL
    )
    try:
        wait_for(f"{url}/web/login", server)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address, server):
    """Wait until the server answers.

    :raise RuntimeError: it has ended instead
    """
    while server.poll() is None:
        try:
            requests.get(address, timeout=PATIENCE)
            return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise RuntimeError("the server did not start, see above")


class Studio:
    """Where a picture is taken: who looks, through what, and where it is kept."""

    def __init__(self, env, language, folder):
        self.env, self.language, self.folder = env, language, folder
        self.browser = None
        self.user = None

    def ref(self, name):
        """Return the id of a record of the addon."""
        return self.env.ref(name if "." in name else f"deadline_management.{name}").id

    def enter(self, user, size=DESKTOP):
        """Be a user (a login whose password is the same; empty: a visitor) with such a window."""
        phone = size[0] < 500
        self.browser.resize(*DESKTOP)
        if user != self.user:
            self.browser.send("Network.clearBrowserCookies")
            if user:
                self.browser.log_in(user, user)
            self.user = user
        self.browser.resize(*size, phone=phone)
        return self.browser

    def keep(self, name, height=None):
        """Take the picture of the window, of its upper part if a height is given."""
        content = self.browser.take(height)
        self.keep_image(name, Image.open(io.BytesIO(content)).convert("RGB"))

    def keep_image(self, name, image):
        """Write a picture with as many colors as it takes to look the same."""
        reduced = image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        # Each color of the palette is a mean; the one that is most frequent keeps surfaces clean.
        palette = reduced.getpalette()
        pairs = Counter(zip(reduced.tobytes(), image.get_flattened_data(), strict=True))
        for (index, color), _count in reversed(pairs.most_common()):
            palette[3 * index : 3 * index + 3] = color
        reduced.putpalette(palette)
        reduced.save(self.folder / f"{name}.png", optimize=True)

    def keep_pdf(self, name, path):
        """Take the picture of the first page of a PDF of the server, without its empty ends."""
        command = ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1"]
        pdf = self.browser.fetch(path)
        page = subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout
        image = Image.open(io.BytesIO(page)).convert("RGB")
        _left, top, _right, bottom = ImageOps.invert(image).getbbox()
        self.keep_image(name, image.crop((0, max(top - 40, 0), image.width, bottom + 40)))

    def open_dialog(self, menu, entry):
        """Choose an entry of a menu of the app."""
        for name in (menu, entry):
            self.browser.click(f"[data-menu-xmlid='deadline_management.{name}']")


def picture_dashboard(studio):
    studio.enter("admin").open("/odoo/renewals", ".o_deadline_dashboard")
    studio.keep("dashboard")


def picture_deadlines(studio):
    studio.enter("admin").open("/odoo/deadlines", LIST)
    studio.keep("deadlines", 720)


def picture_notices(studio):
    browser = studio.enter("admin")
    browser.open(f"/odoo/deadlines/{studio.ref('demo_deadline_48')}", FORM)
    browser.click(f".o_form_view [name='{studio.ref('deadline_notice_wizard_action')}']")
    browser.see(".modal .o_data_row")
    studio.keep("notices", 640)


def picture_product(studio):
    for name, product in (
        ("product", "demo_product_licence"),
        ("multipack-product", "demo_product_studio_pack"),
    ):
        template = studio.env.ref(f"deadline_management.{product}").product_tmpl_id
        browser = studio.enter("admin", (1280, 900))
        browser.open(f"/odoo/deadline-products/{template.id}", FORM)
        browser.click(".o_form_view .nav-link[name='deadlines']")
        browser.run("findOne('[name=deadline_price_policy]').scrollIntoView({block: 'center'})")
        studio.keep(name)


def picture_settings(studio):
    browser = studio.enter("admin", (1280, 900))
    browser.open("/odoo/action-sale.action_sale_config_settings", ".o_setting_container")
    browser.run("findOne('[name=deadline_renewal_window]').scrollIntoView({block: 'center'})")
    studio.keep("settings")


def picture_customer(studio):
    browser = studio.enter("admin", (1280, 1300))
    browser.open(f"/odoo/contacts/{studio.ref('base.partner_demo_portal')}", FORM)
    browser.click(".o_form_view .nav-link[name='deadlines']")
    studio.keep("customer")


def picture_actions(studio):
    browser = studio.enter("admin", (1280, 760))
    browser.open(f"/odoo/contacts/{studio.ref('demo_customer_dubois')}", FORM)
    browser.click(".o_form_view .nav-link[name='actions']")
    studio.keep("actions")


def picture_multipack(studio):
    browser = studio.enter("admin", (1280, 960))
    browser.open(f"/odoo/multipacks/{get_multipack(studio).id}", FORM)
    studio.keep("multipack")


def get_multipack(studio):
    order = studio.env.ref("deadline_management.demo_order_studio_pack")
    return order.order_line.multipack_ids


def picture_report(studio):
    browser = studio.enter("admin")
    browser.open("/odoo/deadlines", LIST)
    studio.open_dialog("menu_deadline_reporting", "menu_deadline_report")
    browser.see(".modal .o_form_view")
    studio.keep("report")


def picture_report_pdf(studio):
    wizard = studio.env["deadline.report.wizard"].with_user(studio.ref("base.user_admin"))
    action = wizard.create({"group_by": "product_id"}).action_print()
    studio.env.cr.commit()
    studio.enter("admin")
    ids = action["context"]["active_ids"][0]
    studio.keep_pdf("report-pdf", f"/report/pdf/{action['report_name']}/{ids}")


def picture_analysis(studio):
    studio.enter("admin").open("/odoo/renewal-rate", ".o_pivot_view, .o_graph_view")
    studio.keep("analysis", 640)


def picture_health(studio):
    path = "/odoo/action-deadline_management.deadline_health_check_action_open"
    studio.enter("admin").open(path, LIST)
    studio.keep("health")


def picture_dashboard_phone(studio):
    studio.enter("admin", PHONE).open("/odoo/renewals", ".o_deadline_dashboard")
    studio.keep("dashboard-phone")


def picture_cart(studio):
    template = studio.env.ref("deadline_management.demo_product_studio_pack").product_tmpl_id
    browser = studio.enter("")
    browser.open(template.website_url, "#add_to_cart")
    browser.click("#add_to_cart")
    browser.see(".my_cart_quantity", "1")
    browser.open("/shop/cart", "[name='o_multipack_due_today']")
    studio.keep("cart", 640)


def picture_portal(studio):
    studio.enter("portal").open("/my/deadlines?filterby=all", ".o_portal_my_doc_table")
    studio.keep("portal")
    studio.enter("portal", PHONE).open("/my/deadlines", ".o_portal_my_doc_table")
    studio.keep("portal-phone")


def picture_portal_multipack(studio):
    browser = studio.enter("portal")
    browser.open(f"/my/multipacks/{get_multipack(studio).id}", ".o_portal_sidebar")
    studio.keep("portal-multipack")


def picture_renewal(studio):
    """The whole way of a customer, from the e-mail to the next period."""
    deadline = studio.env.ref("deadline_management.demo_deadline_48")
    _subject, body = studio.env["deadline.notice"]._render_preview(deadline)
    browser = studio.enter("portal")
    browser.resize(680, 640)
    browser.show(f"<body style='margin: 0'>{body}</body>")
    studio.keep("renewal-1")
    browser = studio.enter("portal")
    browser.open("/my/deadlines?filterby=renew", ".o_portal_my_doc_table")
    studio.keep("renewal-2", 600)
    browser.open(f"/my/deadlines/{deadline.id}", ".o_portal_sidebar")
    studio.keep("renewal-3", 640)
    browser.open("/my/deadlines?filterby=renew", ".o_portal_my_doc_table")
    browser.click("button[name='renew']")
    browser.see("button[name='o_payment_submit_button']")
    browser.run("document.querySelector('[data-payment-method-code=demo]')?.click()")
    browser.resize(1280, 880)
    studio.keep("renewal-4")
    browser.click("button[name='o_payment_submit_button']:not(:disabled)")
    browser.wait("location.pathname === '/shop/confirmation'")
    browser.settle()
    browser.open("/my/deadlines", ".o_portal_my_doc_table")
    studio.keep("renewal-5", 720)


def picture_withdrawal(studio):
    """A customer leaves a multipack: choose, look, confirm."""
    browser = studio.enter("admin")
    browser.open(f"/odoo/contacts/{studio.ref('base.partner_demo_portal')}", FORM)
    button = f"[name='{studio.ref('deadline_withdrawal_wizard_action')}']"
    browser.settle()
    if not browser.run(f'!!findOne(".o_form_view {button}")'):
        browser.click(".o_form_view .o_button_more")
    browser.click(button)
    browser.see(".modal [name='multipack_ids'] .o_data_row")
    studio.keep("withdrawal-1", 680)
    browser.click(".modal [name='action_preview']")
    browser.see(".modal [name='line_ids'] .o_data_row")
    studio.keep("withdrawal-2", 680)
    browser.click(".modal [name='action_ask']")
    browser.see(".modal .alert-danger")
    studio.keep("withdrawal-3", 680)
    browser.click(".modal [name='action_confirm']")
    browser.see(".o_form_view [name='action_sell_again']")
    studio.keep("withdrawal-4", 560)
    withdrawal = browser.run("location.pathname.split('/').pop()")
    studio.keep_pdf("receipt", f"/report/pdf/deadline_management.report_withdrawal/{withdrawal}")


#: In the order in which they are made: what changes the data comes last.
PICTURES = {
    name.removeprefix("picture_").replace("_", "-"): picture
    for name, picture in list(globals().items())
    if name.startswith("picture_")
}
