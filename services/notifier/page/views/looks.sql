-- own: a session has come to be somebody's, at their address on record
UPDATE page_session SET address_id = $2 WHERE id = $1;
