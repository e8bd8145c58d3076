#!/usr/bin/env bash
# Sets up what the project needs on a bare machine: Python packages in .venv, Node packages in node_modules and,
# with "debian" as root where apt is, the Debian packages of debian-packages.txt. Does nothing that is done already.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

find_python() {
  for candidate in "${PYTHON:-}" python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python python3 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  if command -v uv >/dev/null 2>&1 && uv python find 3.13 2>/dev/null; then return 0; fi
  say "Python 3.13 was not found: install python3.13 (or pyenv or uv with a 3.13), or name it with PYTHON=/path/to/python3.13."
  return 1
}

set_up_python() {
  local want
  want=$(sha256sum requirements-dev.txt | cut -c1-64)
  if [ -x .venv/bin/python ] && [ "$(cat .venv/.installed 2>/dev/null || true)" = "$want" ]; then return 0; fi
  local python
  python=$(find_python)
  say "Setting up Python packages in .venv (about a minute) ..."
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
  printf '%s' "$want" >.venv/.installed
}

set_up_node() {
  local want
  want=$(sha256sum package-lock.json | cut -c1-64)
  if [ "$(cat node_modules/.installed 2>/dev/null || true)" = "$want" ]; then return 0; fi
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    say "Node.js was not found: install Node.js 20 or newer with npm; the storage emulator runs on it."
    return 1
  fi
  if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'; then
    say "Node.js $(node --version) is too old: install Node.js 20 or newer."
    return 1
  fi
  say "Setting up Node packages in node_modules (about a minute) ..."
  npm ci --no-audit --no-fund --loglevel=error >&2
  printf '%s' "$want" >node_modules/.installed
}

set_up_debian() {
  local missing=() package
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    say "Not root with apt: tests that need Debian packages skip where they are missing."
    return 0
  fi
  while read -r package; do
    case "$package" in '' | '#'*) continue ;; esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done <debian-packages.txt
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "Installing Debian packages: ${missing[*]} ..."
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1; then
    say "Debian packages could not be installed: tests that need them skip."
  fi
}

set_up_python
set_up_node
[ "${1:-}" != debian ] || set_up_debian
