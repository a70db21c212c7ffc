-- A copy of a production database charges nobody, even with payment providers switched on again
UPDATE deadline_multipack
   SET collection = 'manual',
       payment_token_id = NULL
 WHERE payment_token_id IS NOT NULL
    OR collection = 'token';

-- ... and does not send what was still in the queue
UPDATE mail_mail
   SET state = 'cancel'
 WHERE state = 'outgoing'
   AND mail_message_id IN (
       SELECT id
         FROM mail_message
        WHERE model IN ('deadline.notice', 'deadline.deadline', 'deadline.withdrawal')
);
