def migrate(cr, version):
    """Keep the subjects of notices with them, as their e-mails are not kept for ever."""
    cr.execute(
        """UPDATE deadline_notice AS notice
              SET subject = message.subject
             FROM mail_mail AS mail
                  JOIN mail_message AS message ON message.id = mail.mail_message_id
            WHERE mail.id = notice.mail_id AND notice.subject IS NULL"""
    )
