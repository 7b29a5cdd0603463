#!/bin/sh
# Checks a Holdfast package with programs that every auditor has: sha256sum (or shasum), ssh-keygen, openssl. POSIX sh.
# Run it in the folder into which the package was unpacked, or name that folder.
#
#   sh verify.sh [--signers FILE] [--identity NAME] [--vkey KEY] [--tsa-ca FILE] [--tsa-untrusted FILE] [FOLDER]
#
# --signers        an allowed_signers file (ssh-keygen) that the company gave you by another way
# --identity       the name in that file to look for; by default the first one
# --vkey           the verifier key of the log, by another way too: name+id+key
# --tsa-ca         the certificates of the time stamp authorities that you trust, in PEM
# --tsa-untrusted  further certificates of theirs, where a token does not bring them
#
# It does not read what the leaves say, nor whether they lead to the head: verify.go and verify.mjs do.
# Exit code: 0 nothing wrong, 1 something is, 2 wrong usage or a missing program.
set -u
LC_ALL=C
export LC_ALL

usage() { printf '%s\n' "$1" "Usage: sh verify.sh [--signers FILE] [--identity NAME] [--vkey KEY] [--tsa-ca FILE] [--tsa-untrusted FILE] [FOLDER]" >&2; exit 2; }
signers='' identity='' vkey='' tsaca='' untrusted='' folder=''
while [ $# -gt 0 ]; do
  case $1 in
    --signers|--identity|--vkey|--tsa-ca|--tsa-untrusted)
      [ $# -ge 2 ] || usage "$1 needs a value."
      case $1 in
        --signers) signers=$2 ;;
        --identity) identity=$2 ;;
        --vkey) vkey=$2 ;;
        --tsa-ca) tsaca=$2 ;;
        --tsa-untrusted) untrusted=$2 ;;
      esac
      shift 2 ;;
    --help) usage 'Checks an unpacked package.' ;;
    -*) usage "There is no option $1." ;;
    *) [ -z "$folder" ] || usage 'Name one folder.'; folder=$1; shift ;;
  esac
done
absolute() { case $1 in ''|/*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }
for file in "$signers" "$tsaca" "$untrusted"; do [ -z "$file" ] || [ -r "$file" ] || usage "$file cannot be read."; done
signers=$(absolute "$signers") tsaca=$(absolute "$tsaca") untrusted=$(absolute "$untrusted")
cd "${folder:-.}" || exit 2
[ -f SHA256SUMS ] || usage 'There is no SHA256SUMS here: unpack the package first.'

failures=0 open=0
ok() { printf 'ok               %s\n' "$1"; }
failed() { printf 'FAILED           %s\n' "$1"; failures=$((failures + 1)); }
unknown() { printf 'not established  %s\n' "$1"; open=$((open + 1)); }
have() { command -v "$1" >/dev/null 2>&1; }
# What a package says is never trusted on a terminal.
clean() { tr -c '[:print:]\n' '?' | head -n 20; }
temporary=$(mktemp -d) || exit 2
trap 'rm -rf "$temporary"' EXIT
trap 'exit 2' HUP INT TERM

# 1. The files are exactly those of SHA256SUMS, with their hashes.
if have sha256sum; then sums() { sha256sum "$@"; }; elif have shasum; then sums() { shasum -a 256 "$@"; }; else usage 'Neither sha256sum nor shasum is here.'; fi
sed 's/^[0-9a-f]*  //' SHA256SUMS | sort >"$temporary/named"
find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.sig | sed 's|^\./||' | sort >"$temporary/there"
odd=$(find . ! -type f ! -type d | clean | tr '\n' ' ')
[ -z "$odd" ] || failed "files: these are no files: $odd"
found=$failures
if grep -vqE '^[0-9a-f]{64}  [^/\].*$' SHA256SUMS || grep -qE '(  |/)\.\.?(/|$)' SHA256SUMS; then failed 'files: a line of SHA256SUMS is no line of it'; fi
[ -z "$(uniq -d "$temporary/named")" ] || failed "files: SHA256SUMS names twice: $(uniq -d "$temporary/named" | clean | tr '\n' ' ')"
cmp -s "$temporary/named" "$temporary/there" ||
  failed "files: SHA256SUMS names (<) and the package holds (>): $(diff "$temporary/named" "$temporary/there" | grep '^[<>]' | clean | tr '\n' ' ')"
sums -c SHA256SUMS >"$temporary/sums" 2>&1 || failed "files: $(grep -v ': OK$' "$temporary/sums" | clean | tr '\n' ' ')"
[ "$failures" != "$found" ] || ok "files: $(wc -l <"$temporary/named" | tr -d ' ') files have the hashes in SHA256SUMS, and there is no other"

# 2. Who signed SHA256SUMS.
if [ ! -f SHA256SUMS.sig ]; then
  if [ -n "$signers" ]; then failed 'signature: SHA256SUMS.sig is missing, so none of your signers signed this package'
  else unknown 'signature: SHA256SUMS is not signed'; fi
elif ! have ssh-keygen; then unknown 'signature: who signed SHA256SUMS: ssh-keygen is not here'
else
  list=$signers
  [ -n "$list" ] || list=keys/allowed_signers
  [ -n "$identity" ] || identity=$(awk '!/^#/ && NF { split($1, names, ","); print names[1]; exit }' "$list" 2>/dev/null)
  if [ -n "$identity" ] && ssh-keygen -Y verify -f "$list" -I "$identity" -n soc2-evidence -s SHA256SUMS.sig <SHA256SUMS >"$temporary/ssh" 2>&1; then
    if [ -n "$signers" ]; then ok "signature: SHA256SUMS is signed by $(printf '%s' "$identity" | clean), whom you named"
    else
      ok 'signature: SHA256SUMS is signed by the key in keys/allowed_signers'
      unknown 'signature: whether that key is the company'"'"'s: you gave no --signers, and the key in the package proves nothing'
    fi
  else failed "signature: SHA256SUMS.sig: $(clean <"$temporary/ssh" | tr '\n' ' ')"; fi
fi

# 3. Who signed the head of the log. A note is its text, an empty line, and lines of signatures: dash, name, base64 of key id and signature.
bytes() { openssl base64 -d -A; }
# Whether this openssl can check such signatures at all: one of its own.
ed25519() {
  have openssl && openssl genpkey -algorithm ed25519 -out "$temporary/own.pem" 2>/dev/null && printf 'own' >"$temporary/own" &&
    openssl pkeyutl -sign -inkey "$temporary/own.pem" -rawin -in "$temporary/own" -out "$temporary/own.sig" 2>/dev/null &&
    openssl pkeyutl -verify -inkey "$temporary/own.pem" -rawin -in "$temporary/own" -sigfile "$temporary/own.sig" >/dev/null 2>&1
}
if [ ! -f log/checkpoint ]; then
  if [ -n "$vkey" ]; then failed 'checkpoint: log/checkpoint is missing, so nobody signed this log'
  else unknown 'checkpoint: the log has no signed head'; fi
elif ! ed25519; then unknown 'checkpoint: who signed the head of the log: openssl is not here, or cannot check Ed25519 (3.0 and later can)'
else
  given=$vkey
  [ -n "$given" ] || for key in keys/*.vkey; do [ ! -f "$key" ] || { given=$(head -n 1 "$key"); break; }; done
  # The key itself may hold a plus.
  name=${given%%+*} rest=${given#*+}
  id=${rest%%+*} encoded=${rest#*+}
  printf '%s' "$encoded" | bytes >"$temporary/key" 2>/dev/null
  { printf '%s\n' "$name"; cat "$temporary/key"; } >"$temporary/named-key"
  if [ "$(wc -c <"$temporary/key" | tr -d ' ')" != 33 ] || [ "$(openssl dgst -sha256 -r "$temporary/named-key" | cut -c 1-8)" != "$id" ]; then
    failed 'checkpoint: the verifier key is none'
  else
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; tail -c +2 "$temporary/key"; } >"$temporary/key.der"
    awk 'NF == 0 { exit } { print }' log/checkpoint >"$temporary/body"
    size=$(sed -n 2p "$temporary/body" | clean)
    good=no
    awk 'body && NF == 3 { print $2, $3 } NF == 0 { body = 1 }' log/checkpoint >"$temporary/lines"
    while read -r signer signature; do
      [ "$signer" = "$name" ] || continue
      printf '%s' "$signature" | bytes >"$temporary/raw" 2>/dev/null
      [ "$(head -c 4 "$temporary/raw" | od -An -tx1 | tr -d ' \n')" = "$id" ] || continue
      tail -c +5 "$temporary/raw" >"$temporary/signature"
      if openssl pkeyutl -verify -pubin -keyform DER -inkey "$temporary/key.der" -rawin -in "$temporary/body" -sigfile "$temporary/signature" >"$temporary/openssl" 2>&1; then good=yes; else good=bad; break; fi
    done <"$temporary/lines"
    if [ $good = yes ] && [ "$(wc -l <"$temporary/body" | tr -d ' ')" != 3 ]; then failed 'checkpoint: it has not three lines'
    elif [ $good = yes ] && [ -n "$vkey" ]; then ok "checkpoint: the head of $size leaves is signed with the key you gave"
    elif [ $good = yes ]; then
      ok "checkpoint: the head of $size leaves is signed with the key in the package"
      unknown 'checkpoint: whether that key is the company'"'"'s: you gave no --vkey, and the key in the package proves nothing'
    elif [ $good = bad ]; then failed "checkpoint: its signature is wrong: $(clean <"$temporary/openssl" | tr '\n' ' ')"
    else failed 'checkpoint: it is not signed by that key'; fi
  fi
fi

# 4. When heads were stamped.
for stamp in tsa/*.tsr; do
  [ -f "$stamp" ] || continue
  head=${stamp%.tsr}.checkpoint
  if [ -z "$tsaca" ]; then unknown "time stamps: when $head was stamped: you gave no --tsa-ca"; continue; fi
  if openssl ts -verify -data "$head" -in "$stamp" -CAfile "$tsaca" ${untrusted:+-untrusted "$untrusted"} >"$temporary/ts" 2>&1; then
    ok "time stamps: $head was stamped $(openssl ts -reply -in "$stamp" -text 2>/dev/null | sed -n 's/^Time stamp: //p' | clean)"
  else failed "time stamps: $stamp: $(clean <"$temporary/ts" | tail -n 1)"; fi
done

unknown 'log: whether the leaves lead to the head, and what they say: that is for verify.go and verify.mjs'
printf '\n'
if [ $failures -gt 0 ]; then printf 'FAILED: %s wrong with this package.\n' "$failures"; exit 1; fi
printf 'Nothing is wrong with what this program checks; %s not established (see above).\n' "$open"
