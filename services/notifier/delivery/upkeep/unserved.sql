-- unserved: of these accounts those at which something is not over, and whose owner's role nobody holds
SELECT given.name FROM unnest($1::text[]) AS given (name)
WHERE NOT EXISTS (SELECT FROM lease l
                  WHERE starts_with(l.role, given.name || ':') AND l.expires_at > clock_timestamp())
  AND (EXISTS (SELECT FROM delivery d WHERE d.channel = given.name AND coalesce(d.state, '') = 'pending')
       OR EXISTS (SELECT FROM delivery d WHERE d.channel = given.name AND coalesce(d.state, '') = 'sending')
       OR EXISTS (SELECT FROM delivery d
                  WHERE d.channel = given.name AND d.state = 'accepted' AND d.reach_by <= clock_timestamp()));

-- adrift: attempts of a former owner, where there is still no other; one that comes meanwhile takes them up itself, and
-- what came of the same attempt is written down once
SELECT id, attempts, unknowns, plain, actionable, tried IS NOT NULL AS moved, recipient_id,
       coalesce(address_id, recipient_id) AS address_id
FROM delivery
WHERE channel = $1 AND state = 'sending'
  AND NOT EXISTS (SELECT FROM lease l WHERE starts_with(l.role, $1 || ':') AND l.expires_at > clock_timestamp());
