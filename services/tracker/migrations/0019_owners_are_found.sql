DROP PROCEDURE find_owners();
