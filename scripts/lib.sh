# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What quickstart and run-tests have in common: packages and the build. Sourced by bash.

export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

BUILD_PACKAGES="autoconf automake gcc libc6-dev libarchive-dev libgnutls28-dev libjansson-dev \
liblmdb-dev libmicrohttpd-dev libsystemd-dev make pkg-config uuid-dev"

say() {
	printf '\n==> %s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Run a command as root.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "this needs root, or sudo, for: $*"
		sudo DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Those of the packages which are not installed.
missing_packages() {
	local name
	for name in "$@"; do
		is_installed "$name" || printf '%s ' "$name"
	done
}

# Install what is missing of the packages, after saying so.
need_packages() {
	local missing
	command -v apt-get >/dev/null || die "this needs apt-get, as Debian 12 has it"
	missing=$(missing_packages "$@")
	if [ -z "$missing" ]; then
		return
	fi
	say "Installing with apt-get: $missing"
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		die "please run as root: apt-get install --no-install-recommends $missing"
	fi
	as_root apt-get -q update || echo "The package lists could not be updated; going on." >&2
	# shellcheck disable=SC2086 # a list of words
	as_root apt-get -qy install --no-install-recommends $missing
}

# Where to build: in that folder, or in the sources where they are configured already, because
# then no other folder will do.
build_folder() {
	if [ -e "$top/config.status" ]; then
		echo "$top"
	else
		echo "$1"
	fi
}

# Configure (once) and build in a folder: build FOLDER [CONFIGURE OPTION]…
build() {
	local folder=$1
	shift
	if [ ! -x "$top/configure" ]; then
		say "Making ./configure"
		"$top/autogen.sh"
	fi
	mkdir -p "$folder"
	if [ ! -e "$folder/config.status" ]; then
		say "Configuring in $folder"
		(cd "$folder" && "$top/configure" -q "$@")
	fi
	say "Building in $folder"
	make -s -C "$folder" -j"$(nproc)"
}
