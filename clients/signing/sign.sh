#!/usr/bin/env bash
# Signs a call of Pontus and sends it: bash sign.sh [--headers] METHOD URL [BODY]. Needs openssl and curl.
set -euo pipefail

sha() { openssl dgst "-$1" -r | cut -d' ' -f1; }

# The key's 64 bytes, each combined with a number. openssl's own HMAC takes the key as an argument, which others on this machine can see.
padded_key() {
  local hex i byte
  hex="$(printf %s "$key" | od -An -v -tx1 | tr -d ' \n')"
  if ((${#hex} > 128)); then hex="$(printf %s "$key" | sha sha256)"; fi
  for ((i = 0; i < 128; i += 2)); do
    byte="${hex:i:2}"
    printf -v byte '\\x%02x' "$((16#${byte:-0} ^ $1))"
    printf '%b' "$byte"
  done
}

# The strong form: covers method, path with query, and body.
strong_sum() {
  local digest inner
  digest="$(printf %s "$body" | sha sha256)"
  inner="$({ padded_key 0x36; printf '%s\n%s\n%s\n%s\n%s\n%s' "$method" "$path" "$nonce" "$code" "$time" "$digest"; } | sha sha256)"
  { padded_key 0x5c; printf '%b' "$(sed 's/../\\x&/g' <<<"$inner")"; } | sha sha256
}

# The short form: covers neither method, path nor body.
short_sum() { printf %s "$key$nonce$code$time" | sha sha1; }

shown=no
if [[ "$1" == --headers ]]; then shown=yes; shift; fi
method="$1" url="$2" body="${3-}"
key="$API_PRIVATE_KEY" code="$API_CLIENT_CODE"
# 128 random bits: never used twice.
nonce="${API_NONCE:-$(od -An -N16 -tu4 /dev/urandom | tr -d ' \n')}"
time="${API_EXEC_TIME:-$(date +%s)}"
path="/${url#*://*/}"
if [[ "${API_FORM-}" == sha1 ]]; then sum="$(short_sum)"; else sum="$(strong_sum)"; fi
headers=("apiPublicKey: $API_PUBLIC_KEY" "apiClientCode: $code" "apiNonce: $nonce" "apiExecTime: $time" "apiCheckSum: $sum")
if [[ "$shown" == yes ]]; then printf '%s\n' "${headers[@]}"; exit; fi
if [[ -n "$body" ]]; then headers+=("Content-Type: application/json"); fi
curl -sS --fail-with-body --max-time 60 -X "$method" "${headers[@]/#/-H}" ${body:+--data-binary} ${body:+"$body"} "$url"
echo
