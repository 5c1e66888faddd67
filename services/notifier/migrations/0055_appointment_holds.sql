-- Look at the stored rows while others work on them.
ALTER TABLE delivery VALIDATE CONSTRAINT delivery_kind_check;
