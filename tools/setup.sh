#!/usr/bin/env bash
# Install everything the house needs on a Debian machine: system packages where we
# may, else one message that names them; then .venv with hashed requirements.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"

declare -A needed=(
  [ffmpeg]=ffmpeg                 # composes and encodes
  [chromium]=chromium             # browser tests
)
missing=()
for program in "${!needed[@]}"; do
  command -v "$program" >/dev/null || missing+=("${needed[$program]}")
done
# PostgreSQL runs the second half of the database tests; its tools hide in a versioned folder.
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

if ((${#missing[@]})); then
  if ((EUID == 0)); then as_root=(); elif sudo -n true 2>/dev/null; then as_root=(sudo); else
    echo "Please have an administrator run: apt-get install ${missing[*]}" >&2
    echo "Then type the same make command again." >&2
    exit 1
  fi
  echo "Installing ${missing[*]} …"
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qy --no-install-recommends "${missing[@]}" >/dev/null
fi

"$python" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || {
  echo "Python 3.11 or newer is needed; $python is $("$python" --version). Set PYTHON=/path/to/python3.11" >&2
  exit 1
}
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing the Python packages (about a minute the first time) …"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
# The house is not a library: .venv/bin/sprechstunde runs this checkout.
.venv/bin/python tools/link_checkout.py
