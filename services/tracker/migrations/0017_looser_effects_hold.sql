-- Look at the stored rows while others work on them.
ALTER TABLE set_aside VALIDATE CONSTRAINT set_aside_effect_check;
