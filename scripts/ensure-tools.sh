#!/usr/bin/env bash
# Chromium for the browser tests and Nix for those of the flake, where they are missing and can be installed: on Debian
# and its relatives, as root. Says what it did and never fails the caller: without them those tests say that they were
# skipped.
set -uo pipefail

found() {
  local program
  for program in "$@"; do
    if [ -n "$program" ] && command -v "$program"; then return 0; fi
  done
  return 1
}

packages=()
browser=$(found "${CHROMIUM_PATH:-}" chromium chromium-browser google-chrome-stable google-chrome) || packages+=(chromium)
nix=$(found nix-instantiate) || packages+=(nix-bin)
for program in "$browser" "$nix"; do
  if [ -n "$program" ]; then echo "Tools: $program is there."; fi
done
if [ ${#packages[@]} = 0 ]; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "Tools: ${packages[*]} missing, and only root on a system with apt-get gets them here. Their tests are skipped."
  exit 0
fi

echo "Tools: installing ${packages[*]}, which takes about a minute …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt-get update >"$log" 2>&1
# One by one: what cannot be had must not keep the other away.
for package in "${packages[@]}"; do
  if apt-get install --yes --no-install-recommends "$package" >>"$log" 2>&1; then
    echo "Tools: $package was installed."
  else
    tail -n 5 "$log"
    echo "Tools: $package could not be installed. Its tests are skipped."
  fi
done
exit 0
