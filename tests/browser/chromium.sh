#!/bin/sh
# Brings Chromium and a Chinese font through the system's packages, where they are not there yet.
if command -v chromium >/dev/null 2>&1 || [ -x /usr/bin/chromium ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null && exit 0
fi
echo "The browser tests need Chromium at /usr/bin/chromium. On Debian or Ubuntu:"
echo "    sudo apt-get install chromium fonts-noto-cjk"
exit 1
