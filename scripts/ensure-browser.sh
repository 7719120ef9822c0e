#!/usr/bin/env bash
# Chromium for the browser tests, where it is missing and can be installed: on Debian and its relatives, as root. Says
# what it did and never fails the caller: without a browser those tests say that they were skipped.
set -uo pipefail

for program in "${CHROMIUM_PATH:-}" chromium chromium-browser google-chrome-stable google-chrome; do
  if [ -n "$program" ] && found=$(command -v "$program"); then
    echo "Browser: $found is there."
    exit 0
  fi
done
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "Browser: there is none, and only root on a system with apt-get gets one here. The browser tests are skipped."
  exit 0
fi

echo "Browser: installing Chromium, which takes about a minute …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if { apt-get update && apt-get install --yes --no-install-recommends chromium; } >"$log" 2>&1; then
  echo "Browser: $(command -v chromium) was installed."
else
  tail -n 5 "$log"
  echo "Browser: Chromium could not be installed. The browser tests are skipped."
fi
