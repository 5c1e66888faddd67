-- Look at the stored rows while others work on them.
ALTER TABLE subscription VALIDATE CONSTRAINT subscription_ended_by_check;
