#!/usr/bin/env bash
# Makes sure that what the tests need is on this machine. It installs only what
# is missing, says what and why, and does nothing at all when nothing is.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
reasons=()

# need PACKAGE WHY SIGN... asks for PACKAGE unless one of the signs of it, a
# command or a file, is there.
need() {
	local package=$1 why=$2 sign
	shift 2
	for sign in "$@"; do
		# A pattern that matches no file stays as it is, and names none.
		if [ -e "$sign" ] || command -v "$sign" >/dev/null; then return; fi
	done
	packages+=("$package")
	reasons+=("$package ($why)")
}

# Ubuntu calls its browser package differently. Where the browser's shell can be had it
# is preferred: the same engine without windows, which takes less time.
browser=chromium
if [ -r /etc/os-release ] && grep -q '^ID=ubuntu' /etc/os-release; then browser=chromium-browser; fi

if apt-cache show chromium-headless-shell >/dev/null 2>&1; then
	need chromium-headless-shell 'the browser stories' chromium-headless-shell
else
	need "$browser" 'the browser stories' chromium-headless-shell chromium chromium-browser google-chrome
fi
need postgresql 'the store on PostgreSQL' /usr/lib/postgresql/*/bin/initdb initdb
need zbar-tools 'reads our QR codes as a phone would' zbarimg
need fonts-ocr-b 'the type of number lines, for made-up documents' /usr/share/fonts/opentype/ocr-b/OCRBS.otf
need oathtool 'checks our codes against another program' oathtool
need poppler-utils 'draws the PDF files that safecopy check looks at' pdftoppm
need libheif-examples 'opens HEIC photos for sparekey safecopy' heif-convert
need tesseract-ocr 'the second reader of safe copies' tesseract
# It would push out another mail server, so it is asked for only where there is none.
need postfix 'hands mails to the desk in a test' /usr/sbin/sendmail
need gnupg 'the documented backup of PostgreSQL' gpg
need gcc 'the race detector' gcc
need libc6-dev 'the race detector' /usr/include/stdlib.h
need npm 'fetches axe-core, the accessibility checks' npm

if ! command -v go >/dev/null; then
	echo 'setup: Go is missing, and the Go of most distributions is too old: see https://go.dev/doc/install' >&2
	exit 1
fi

if [ ${#packages[@]} -gt 0 ]; then
	list=$(printf ', %s' "${reasons[@]}")
	if ! command -v apt-get >/dev/null; then
		echo "setup: cannot install here; please install: ${list:2}" >&2
		exit 1
	fi
	echo "setup: installing ${list:2}"

	as_root=()
	if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
	apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y "$@" </dev/null; }

	apt update
	if [[ " ${packages[*]} " == *' postgresql '* ]]; then
		# Debian would start a server at every boot, with an empty database
		# in it. The tests start their own; the machine needs none.
		apt install --no-install-recommends postgresql-common
		"${as_root[@]}" sed -i -E 's/^#? *create_main_cluster *=.*/create_main_cluster = false/' \
			/etc/postgresql-common/createcluster.conf
	fi
	if [[ " ${packages[*]} " == *' postfix '* ]]; then
		# Debian would run a mail server from now on. The tests start their own,
		# from their own folder; without a configuration no other one starts.
		apt install --no-install-recommends debconf
		echo 'postfix postfix/main_mailer_type select No configuration' | "${as_root[@]}" debconf-set-selections
	fi
	apt install --no-install-recommends "${packages[@]}"
fi

# The tests of faults spoil the wire with it. It is pinned: its API is used.
toxiproxy=v2.5.0
if [ ! -x bin/toxiproxy ] || [ "$(go version -m bin/toxiproxy | awk '$1 == "mod" { print $3 }')" != $toxiproxy ]; then
	echo "setup: building toxiproxy $toxiproxy (it spoils the wire in the tests of faults) into bin"
	built=$(mktemp -d)
	GOBIN=$built CGO_ENABLED=0 go install github.com/Shopify/toxiproxy/v2/cmd/server@$toxiproxy
	mkdir -p bin
	mv "$built/server" bin/toxiproxy
	rmdir "$built"
fi

# npm leaves its own copy of the lock file behind when it is done, which makes
# that copy's age the age of the installation.
lock=test/browser/package-lock.json
installed=test/browser/node_modules/.package-lock.json
if [ -f $lock ] && { [ ! -f $installed ] || [ $installed -ot $lock ]; }; then
	echo 'setup: installing axe-core (the accessibility checks in the browser) into test/browser/node_modules'
	npm ci --prefix test/browser --no-audit --no-fund --loglevel=error </dev/null
fi
