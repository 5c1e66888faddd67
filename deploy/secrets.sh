#!/bin/sh
# Makes what deploy/compose.yaml takes from files: deploy/secrets/, one value a file. Never changes one that is there.
# Back the folder up: without pepper, receipt_key and encryption_keys the data cannot be used.
set -eu
umask 077
folder="$(dirname "$0")/secrets"
mkdir -p "$folder"

# The folder alone keeps others out: containers see single files, as users of their own.
keep() {
    test -e "$folder/$1" || { cat > "$folder/$1" && chmod 644 "$folder/$1"; }
}
random() {
    openssl rand -hex "$1" | tr -d '\n'
}

random 32 | keep pepper
random 32 | keep receipt_key
printf '1:%s' "$(random 32)" | keep encryption_keys
# What citizens and people of the agency say to each other is sealed with it.
printf '1:%s' "$(random 32)" | keep conversation_keys
# The second factors of staff are sealed with it.
printf '1:%s' "$(random 32)" | keep staff_keys
printf '' | keep oidc_client_secret
# A private key by which pushes are signed: 32 bytes in base64url.
openssl rand 32 | openssl base64 -A | tr '+/' '-_' | tr -d '=\n' | keep vapid_key
printf '' | keep telegram_token
printf '' | keep viber_token
# What e-mail needs, where it is used.
for one in smtp_url smtp_password imap_url imap_password bounce_secret dkim_key; do
    printf '' | keep "$one"
done
printf '' | keep smpp_url
printf '' | keep smpp_password
printf '' | keep sms_key
random 16 | keep sms_webhook_secret
printf '' | keep sms_signing_key
random 16 | keep postgres_password
random 16 | keep grafana_password
printf 'postgresql://postgres:%s@postgres:5432/docwatch' "$(cat "$folder/postgres_password")" | keep provision_database_url
for one in provision ingest tracker notifier desk; do
    # NATS reads a value that begins with a digit as a number.
    printf "p%s" "$(random 16)" | keep "${one}_nats_password"
    printf 'tls://%s:%s@nats:4222' "$one" "$(cat "$folder/${one}_nats_password")" | keep "${one}_nats_url"
done
for one in ingest tracker notifier desk; do
    random 16 | keep "${one}_database_password"
    printf 'postgresql://docwatch_%s:%s@postgres:5432/docwatch' "$one" "$(cat "$folder/${one}_database_password")" | keep "${one}_database_url"
done
for one in PROVISION INGEST TRACKER NOTIFIER DESK; do
    name="$(echo "$one" | tr '[:upper:]' '[:lower:]')_nats_password"
    printf 'NATS_%s_PASSWORD=%s\n' "$one" "$(cat "$folder/$name")"
done | keep nats_passwords
# An authority of this installation alone. Delete nats_certificate or edge_certificate to have a new one by it.
if ! test -s "$folder/nats_ca"; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 7300 \
        -subj "/CN=Docwatch's NATS" -addext "basicConstraints=critical,CA:TRUE" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$folder/nats_ca_key" -out "$folder/nats_ca"
    chmod 644 "$folder/nats_ca"
fi
# certify WHOM NAMES: a key and a certificate by that authority, where there is none.
certify() {
    if test -s "$folder/$1_certificate"; then
        return
    fi
    request="$(mktemp -d)"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -subj "/CN=$1" \
        -keyout "$folder/$1_key" -out "$request/csr"
    cat > "$request/extensions" <<END
subjectAltName = $2
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
    openssl x509 -req -sha256 -days 825 -in "$request/csr" -extfile "$request/extensions" \
        -CA "$folder/nats_ca" -CAkey "$folder/nats_ca_key" -CAcreateserial -CAserial "$request/serial" \
        -out "$folder/$1_certificate"
    rm -r "$request"
    chmod 644 "$folder/$1_certificate" "$folder/$1_key"
}
certify nats "${NATS_NAMES:-DNS:nats,DNS:localhost,IP:127.0.0.1}"
# Until there is one of a public authority: back offices must be given nats_ca to believe it.
certify edge "${EDGE_NAMES:-DNS:localhost,IP:127.0.0.1}"
test -s "$folder/telegram_token" || echo "put the bot's token into $folder/telegram_token"
