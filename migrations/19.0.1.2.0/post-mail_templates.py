# ruff: noqa: E501, RUF001 (sentences as they stand in the database)
import re

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

TEMPLATES = {
    "mail_template_notice_reminder",
    "mail_template_notice_expired",
    "mail_template_notice_payment_due",
    "mail_template_notice_payment_failed",
    "mail_template_win_back_1",
    "mail_template_win_back_7",
    "mail_template_win_back_21",
}
WIN_BACK = {name for name in TEMPLATES if "win_back" in name}
#: The button as it was, whatever people made of the rest.
BUTTON = re.compile(
    r'<p style="margin: 24px 0;"><a t-att-href="(?P<address>[^"]+)" style="display: inline-block;'
    r" padding: 12px 24px; border-radius: 6px; background-color: #714B67; color: #ffffff;"
    r' font-weight: bold; text-decoration: none;">(?P<label>[^<]+)</a></p>'
)
NEW_BUTTON = (
    '<table role="presentation" border="0" cellpadding="0" cellspacing="0" style="margin: 24px 0;">'
    '<tr><td t-attf-style="border-radius: 6px; background-color:'
    " {{ object.company_id.email_secondary_color or '#714B67' }}; mso-padding-alt: 12px 24px;\">"
    r'<a t-att-href="\g<address>" t-attf-style="display: block; padding: 12px 24px;'
    " color: {{ object.company_id.email_primary_color or '#FFFFFF' }}; font-weight: bold;"
    r' text-decoration: none;">\g<label></a></td></tr></table>'
)
OLD_REPLY = (
    "{{ object.user_id.email_formatted or object.company_id.email_formatted"
    " or user.email_formatted }}"
)
NEW_REPLY = OLD_REPLY.replace("object.user_id", "object._get_responsible()")
RECEIPT_REPLY = "{{ object.company_id.email_formatted or user.email_formatted }}"
#: What was said of one payment or service, and now holds of several, in all our languages.
SENTENCES = [
    (
        '<p>your <strong t-out="object.product_id.display_name">service</strong> has ended. You can still keep it: renewing takes a minute.</p>',
        '<p>this has ended: <strong t-out="object._say_service()">your service</strong>. You can still go on: renewing takes a minute.</p>',
    ),
    (
        '<p>a week ago your <strong t-out="object.product_id.display_name">service</strong> ended. If something',
        '<p>a week ago this ended: <strong t-out="object._say_service()">your service</strong>. If something',
    ),
    (
        '<p>your <strong t-out="object.product_id.display_name">service</strong> ended three weeks ago, and this is the last time we write about it. It can still be renewed for a while.</p>',
        '<p>three weeks ago this ended: <strong t-out="object._say_service()">your service</strong>. It can still be renewed for a while, and this is the last time that we write about it.</p>',
    ),
    (
        "<p>the following payment is due:</p>",
        "<p>the following is to be paid:</p>",
    ),
    (
        "<p>You see the invoice and can pay it here:</p>",
        "<p>You can see the details and pay here:</p>",
    ),
    (
        "<p>we could not collect the following payment from the payment method that you have saved:</p>",
        "<p>we could not collect the following from the payment method that you have saved:</p>",
    ),
    (
        "<p>You can pay it here with another one:</p>",
        "<p>You can pay here with another one:</p>",
    ),
    (
        '<p>il Suo servizio <strong t-out="object.product_id.display_name">nome del servizio</strong> è scaduto. Può ancora mantenerlo: per rinnovarlo basta un minuto.</p>',
        '<p>è scaduto quanto segue: <strong t-out="object._say_service()">nome del servizio</strong>. Può ancora continuare: per il rinnovo basta un minuto.</p>',
    ),
    (
        '<p>una settimana fa è scaduto il Suo servizio <strong t-out="object.product_id.display_name">nome del servizio</strong>. Se qualcosa Le ha impedito di rinnovarlo, ce lo',
        '<p>una settimana fa è scaduto quanto segue: <strong t-out="object._say_service()">nome del servizio</strong>. Se qualcosa Le ha impedito di rinnovare, ce lo',
    ),
    (
        '<p>tre settimane fa è scaduto il Suo servizio <strong t-out="object.product_id.display_name">nome del servizio</strong> e questa è l\'ultima volta che Le scriviamo al riguardo. Per qualche tempo potrà ancora rinnovarlo.</p>',
        '<p>tre settimane fa è scaduto quanto segue: <strong t-out="object._say_service()">nome del servizio</strong>. Per qualche tempo potrà ancora rinnovare; questa è l\'ultima volta che Le scriviamo al riguardo.</p>',
    ),
    (
        "<p>desideriamo ricordarLe il pagamento in scadenza:</p>",
        "<p>desideriamo ricordarLe quanto è da pagare:</p>",
    ),
    (
        "<p>Può visualizzare e pagare la fattura qui:</p>",
        "<p>Qui può vedere i dettagli e pagare:</p>",
    ),
    (
        "<p>non è stato possibile incassare il seguente pagamento con il metodo di pagamento che ha salvato:</p>",
        "<p>non è stato possibile incassare quanto segue con il metodo di pagamento che ha salvato:</p>",
    ),
    (
        '<p>Su servicio <strong t-out="object.product_id.display_name">nombre del servicio</strong> ha vencido. Todavía puede conservarlo: renovarlo solo le llevará un minuto.</p>',
        '<p>Ha vencido lo siguiente: <strong t-out="object._say_service()">nombre del servicio</strong>. Todavía puede continuar: renovar solo le llevará un minuto.</p>',
    ),
    (
        '<p>Hace una semana venció su servicio <strong t-out="object.product_id.display_name">nombre del servicio</strong>. Si algo le ha impedido renovarlo, cuéntenoslo',
        '<p>Hace una semana venció lo siguiente: <strong t-out="object._say_service()">nombre del servicio</strong>. Si algo le ha impedido renovar, cuéntenoslo',
    ),
    (
        '<p>Hace tres semanas venció su servicio <strong t-out="object.product_id.display_name">nombre del servicio</strong> y esta es la última vez que le escribimos al respecto. Todavía podrá renovarlo durante algún tiempo.</p>',
        '<p>Hace tres semanas venció lo siguiente: <strong t-out="object._say_service()">nombre del servicio</strong>. Todavía podrá renovar durante algún tiempo, y esta es la última vez que le escribimos al respecto.</p>',
    ),
    (
        "<p>Tiene pendiente el siguiente pago:</p>",
        "<p>Tiene pendiente de pago lo siguiente:</p>",
    ),
    (
        "<p>Aquí puede ver la factura y pagarla:</p>",
        "<p>Aquí puede ver los detalles y pagar:</p>",
    ),
    (
        "<p>No hemos podido cobrar el siguiente pago con el método de pago que tiene guardado:</p>",
        "<p>No hemos podido cobrar lo siguiente con el método de pago que tiene guardado:</p>",
    ),
    (
        "<p>Puede pagarlo aquí con otro método:</p>",
        "<p>Puede pagar aquí con otro método:</p>",
    ),
    (
        '<p>Votre service <strong t-out="object.product_id.display_name">Nom du service</strong> a expiré. Vous pouvez encore le conserver : le renouvellement ne prend qu\'une minute.</p>',
        '<p>Ceci a expiré : <strong t-out="object._say_service()">Nom du service</strong>. Vous pouvez encore continuer : le renouvellement ne prend qu\'une minute.</p>',
    ),
    (
        '<p>Votre service <strong t-out="object.product_id.display_name">Nom du service</strong> a expiré il y a une semaine. Si vous avez rencontré une difficulté pour le renouveler, dites-le-nous',
        '<p>Il y a une semaine, ceci a expiré : <strong t-out="object._say_service()">Nom du service</strong>. Si vous avez rencontré une difficulté lors du renouvellement, dites-le-nous',
    ),
    (
        '<p>Votre service <strong t-out="object.product_id.display_name">Nom du service</strong> a expiré il y a trois semaines, et c\'est la dernière fois que nous vous écrivons à ce sujet. Vous pouvez encore le renouveler pendant quelque temps.</p>',
        '<p>Il y a trois semaines, ceci a expiré : <strong t-out="object._say_service()">Nom du service</strong>. Le renouvellement reste possible pendant quelque temps ; c\'est la dernière fois que nous vous écrivons à ce sujet.</p>',
    ),
    (
        "<p>Voici le paiement à effectuer :</p>",
        "<p>Voici ce qui est à payer :</p>",
    ),
    (
        "<p>Vous pouvez consulter la facture et la payer ici :</p>",
        "<p>Vous pouvez consulter les détails et payer ici :</p>",
    ),
    (
        "<p>Nous n'avons pas pu prélever le paiement suivant sur le mode de paiement que vous avez enregistré :</p>",
        "<p>Nous n'avons pas pu prélever ce qui suit sur le mode de paiement que vous avez enregistré :</p>",
    ),
    (
        "<p>Vous pouvez le régler ici avec un autre mode de paiement :</p>",
        "<p>Vous pouvez payer ici avec un autre mode de paiement :</p>",
    ),
    (
        '<p>Ihre Leistung <strong t-out="object.product_id.display_name">Name der Leistung</strong> ist abgelaufen. Sie können sie noch behalten: Die Verlängerung dauert nur eine Minute.</p>',
        '<p>Folgendes ist abgelaufen: <strong t-out="object._say_service()">Name der Leistung</strong>. Sie können es noch behalten: Die Verlängerung dauert nur eine Minute.</p>',
    ),
    (
        '<p>vor einer Woche ist Ihre Leistung <strong t-out="object.product_id.display_name">Name der Leistung</strong> abgelaufen. Hat',
        '<p>vor einer Woche ist Folgendes abgelaufen: <strong t-out="object._say_service()">Name der Leistung</strong>. Hat',
    ),
    (
        '<p>vor drei Wochen ist Ihre Leistung <strong t-out="object.product_id.display_name">Name der Leistung</strong> abgelaufen, und dies ist unsere letzte Nachricht dazu. Eine Verlängerung ist noch eine Zeit lang möglich.</p>',
        '<p>vor drei Wochen ist Folgendes abgelaufen: <strong t-out="object._say_service()">Name der Leistung</strong>. Eine Verlängerung ist noch eine Zeit lang möglich; dies ist unsere letzte Nachricht dazu.</p>',
    ),
    (
        "<p>folgende Zahlung ist fällig:</p>",
        "<p>Folgendes ist zu bezahlen:</p>",
    ),
    (
        "<p>Hier können Sie die Rechnung ansehen und bezahlen:</p>",
        "<p>Hier können Sie die Einzelheiten ansehen und bezahlen:</p>",
    ),
    (
        "<p>folgende Zahlung konnten wir nicht von der von Ihnen gespeicherten Zahlungsmethode einziehen:</p>",
        "<p>Folgendes konnten wir nicht von der von Ihnen gespeicherten Zahlungsmethode einziehen:</p>",
    ),
]


def migrate(cr, version):
    """Bring e-mails up to date in every language, as far as people have left them as they were."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in TEMPLATES | {"mail_template_withdrawal"}:
        template = env.ref(f"deadline_management.{name}", raise_if_not_found=False)
        if not template:
            continue
        if name in WIN_BACK and template.reply_to == OLD_REPLY:
            template.reply_to = NEW_REPLY
        if name not in TEMPLATES:
            template.reply_to = template.reply_to or RECEIPT_REPLY
            continue
        cr.execute(SQL("SELECT body_html FROM mail_template WHERE id = %s", template.id))
        [bodies] = cr.fetchone()
        for lang, body in (bodies or {}).items():
            new = _renew(body, name)
            if new != body:
                template._update_field_translations("body_html", {lang: new})


def _renew(body, name):
    """Return the text of an e-mail with what has been mended in it."""
    body = BUTTON.sub(NEW_BUTTON, body)
    if name in WIN_BACK:
        body = body.replace("object._get_mail_url()", "object._get_win_back_url()")
    for old, new in SENTENCES:
        body = body.replace(old, new)
    return body
