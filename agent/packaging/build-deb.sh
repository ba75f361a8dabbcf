#!/usr/bin/env bash
# Builds the package sansang-agent for Debian and Ubuntu.
#
#   agent/packaging/build-deb.sh [--program FILE] [--maintainer WHO] [--out DIR]
#
# The package lands in DIR (target/packages where none is named), and its path is printed.
#   --program FILE  packs this program; without it, one is built by the profile `dist`
#   --maintainer WHO  whom people write to, such as "IT department <it@example.vn>"
#
# The same source gives the same bytes: times are those of SOURCE_DATE_EPOCH, or of the last commit.
set -euo pipefail

fail() {
    printf 'build-deb.sh: %s\n' "$*" >&2
    exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
program=
maintainer="Sẵn Sàng <root@localhost>"
out=$root/target/packages
while (($#)); do
    [[ -n ${2:-} ]] || fail "$1 is no option, or lacks its value; the first lines of this file name them"
    case $1 in
        --program) program=$2 ;;
        --maintainer) maintainer=$2 ;;
        --out) out=$2 ;;
        *) fail "$1 is no option; the first lines of this file name them" ;;
    esac
    shift 2
done
for tool in dpkg-deb readelf gzip; do
    command -v "$tool" >/dev/null || fail "$tool is not on the PATH; install dpkg, binutils and gzip"
done
if [[ -z $program ]]; then
    # A toolchain that brings lld links with it, and lld folds functions that came out the same: one in a hundred bytes.
    fold=()
    [[ -z $(compgen -G "$(rustc --print sysroot)/lib/rustlib/x86_64-*/bin/gcc-ld/ld.lld") ]] ||
        fold=(-C link-arg=-Wl,--icf=all)
    cargo rustc --manifest-path "$root/Cargo.toml" --locked --profile dist --package sansang-agent \
        --features small --bin sansang-agent -- "${fold[@]}" >&2 || fail "the agent does not build"
    program=${CARGO_TARGET_DIR:-$root/target}/dist/sansang-agent
fi
[[ -x $program ]] || fail "$program is not a program"
version=$("$program" --version) || fail "$program does not say its version"
version=${version#sansang-agent }
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

# The oldest C library that has every function the program asks for.
libc=$(readelf --wide --version-info "$program" | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1)
[[ -n $libc ]] || fail "$program does not say which C library it needs"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
umask 022
install -D -m 755 "$program" "$tree/usr/bin/sansang-agent"
install -D -m 644 "$here/sansang-agent.service" "$tree/usr/lib/systemd/system/sansang-agent.service"
install -D -m 644 "$here/agent.toml" "$tree/etc/sansang-agent.toml"
documents=$tree/usr/share/doc/sansang-agent
install -d "$documents"
cat >"$documents/copyright" <<COPYRIGHT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Sẵn Sàng

Files: *
Copyright: the authors of Sẵn Sàng
License: Expat or Apache-2.0

License: Expat
$(tail -n +3 "$root/LICENSE-MIT" | sed 's/^$/./; s/^/ /')

License: Apache-2.0
 On Debian systems the whole text of the licence stands in
 /usr/share/common-licenses/Apache-2.0.
COPYRIGHT
cat >"$tree/changelog" <<CHANGELOG
sansang-agent ($version) stable; urgency=low

  * What changed stands in the file CHANGELOG.md of the source.

 -- $maintainer  $(date --utc --rfc-email --date "@$SOURCE_DATE_EPOCH")
CHANGELOG
gzip -9n <"$tree/changelog" >"$documents/changelog.gz"
rm "$tree/changelog"

# Folders are left out: how large they are depends on the builder's file system.
size=$(find "$tree" -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
install -d "$tree/DEBIAN"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: sansang-agent
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $size
Depends: libc6 (>= ${libc#GLIBC_}), libgcc-s1
Section: admin
Priority: optional
Description: tells the IT department whether this PC is ready
 The agent looks once a day at the hardware, the system and the security of this
 PC, and reports to the collector that the PC has joined. It sends no names of
 files, no history and nothing that is typed.
 .
 It works after: sansang-agent join CODE
CONTROL
echo /etc/sansang-agent.toml >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    install -m 755 "$here/deb/$script" "$tree/DEBIAN/$script"
done
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
chmod 644 "$tree"/DEBIAN/{control,conffiles,md5sums}
chmod 755 "$tree"

mkdir -p "$out"
package=$out/sansang-agent_${version}_$architecture.deb
dpkg-deb --root-owner-group --uniform-compression -Zxz --build "$tree" "$package.part" >/dev/null ||
    fail "dpkg-deb does not build the package"
mv "$package.part" "$package"
printf '%s\n' "$package"
