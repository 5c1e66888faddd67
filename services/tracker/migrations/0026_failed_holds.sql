-- Look at the stored rows while others work on them.
ALTER TABLE notice VALIDATE CONSTRAINT failed_upon_accepted_only;
