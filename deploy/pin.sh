#!/bin/sh
# Fixes every image of deploy/compose.yaml by its digest: asks the registry once for those that images.lock does not
# have yet, and writes deploy/.env, which Compose reads. Keep images.lock in version control: what stands in it is
# what every machine runs.
set -eu
folder="$(cd "$(dirname "$0")" && pwd)"
lock="$folder/images.lock"
draft="$(mktemp "$lock.XXXXXX")"
settings="$(mktemp "$folder/.env.XXXXXX")"
trap 'rm -f "$draft" "$settings"' EXIT

while read -r setting name digest rest; do
    case "$setting" in
    "#"* | "")
        printf '%s\n' "$setting${name:+ $name}${digest:+ $digest}${rest:+ $rest}" >> "$draft"
        continue
        ;;
    esac
    if test "$digest" = "-"; then
        digest="$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$name")" || {
            echo "pin.sh: the registry does not say what $name is; nothing is changed" >&2
            exit 1
        }
        echo "$name is now $digest"
    fi
    if ! printf '%s' "$digest" | grep -Eqx 'sha256:[0-9a-f]{64}'; then
        echo "pin.sh: $setting in $lock has no digest but: $digest" >&2
        exit 1
    fi
    printf '%s %s %s\n' "$setting" "$name" "$digest" >> "$draft"
    printf '%s=%s@%s\n' "$setting" "$name" "$digest" >> "$settings"
done < "$lock"

chmod 644 "$draft" "$settings"
mv "$draft" "$lock"
mv "$settings" "$folder/.env"
trap - EXIT
