from odoo.tools.sql import table_exists


def migrate(cr, version):
    """Say which multipacks have the price that their part of the order's total is.

    Others were opened at the price of their order line although a discount or the rounding of
    the order makes it another one: what was planned and told to the customer stays as it is.
    """
    if not table_exists(cr, "deadline_multipack"):  # of before multipacks
        return
    cr.execute("ALTER TABLE deadline_multipack ADD COLUMN IF NOT EXISTS shares_order boolean")
    cr.execute(
        """
        UPDATE deadline_multipack multipack
           SET shares_order = COALESCE(
                   line.price_total = multipack.amount
                   AND totals.least >= 0 AND totals.amount = sale.amount_total,
                   FALSE)
          FROM sale_order_line line
          JOIN sale_order sale ON sale.id = line.order_id
          JOIN (
              SELECT order_id, SUM(price_total) AS amount, MIN(price_total) AS least
                FROM sale_order_line
               WHERE display_type IS NULL
            GROUP BY order_id
          ) totals ON totals.order_id = sale.id
         WHERE line.id = multipack.sale_line_id
        """
    )
