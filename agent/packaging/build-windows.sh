#!/usr/bin/env bash
# Builds the agent for Windows 7 SP1 and everything after it, on a Debian machine (amd64).
#
#   agent/packaging/build-windows.sh [--check] [--profile NAME] [TARGET…]
#
# TARGET is x86_64-win7-windows-gnu or i686-win7-windows-gnu (which asks for SSE2); without one, both are built.
# Each program lands at target/windows/TARGET/sansang-agent.exe, and its path is printed.
#   --check         only looks whether the code compiles; leaves no program
#   --profile NAME  another profile than `dist`; then the program stays in target/windows/TARGET/NAME/, because only
#                   a build with fat LTO is sure to start on Windows 7: without it dead code keeps imports that
#                   Windows 7 lacks
#
# rustup has no std for these targets, so std is built from its source. Compiler and source are Debian's packages
# rustc-web and rust-web-src, unpacked beside the build and not installed; cargo is the machine's own. Linker and C
# compiler are mingw-w64. What is missing is installed with apt-get, which asks for root.
#
#   XDG_CACHE_HOME  where set, the compiler is kept in $XDG_CACHE_HOME/sansang-windows, otherwise in
#                   target/windows/compiler (about 350 MB)
set -euo pipefail

fail() {
    printf 'build-windows.sh: %s\n' "$*" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
profile=dist
verb=build
targets=()
while (($#)); do
    case $1 in
        --check) verb=check ;;
        --profile)
            [[ -n ${2:-} ]] || fail "--profile needs the name of a profile"
            profile=$2
            shift
            ;;
        x86_64-win7-windows-gnu | i686-win7-windows-gnu) targets+=("$1") ;;
        *) fail "$1 is neither an option nor a target; the first lines of this file name both" ;;
    esac
    shift
done
((${#targets[@]})) || targets=(x86_64-win7-windows-gnu i686-win7-windows-gnu)

command -v cargo >/dev/null || fail "cargo is not on the PATH; install Rust first"
command -v apt-get >/dev/null || fail "this needs apt-get (Debian 12 or later)"
[[ $(dpkg --print-architecture) == amd64 ]] || fail "this needs an amd64 machine"

# --- what apt gives -------------------------------------------------------------------------------------------

listed=
list() {
    [[ -n $listed ]] || apt-get update -qq || fail "apt-get update failed"
    listed=yes
}

# The version that apt would install, or nothing.
candidate() {
    LC_ALL=C apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -vx '(none)' || true
}

install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Abbrev}\n' "$package" 2>/dev/null | grep -qx 'ii ' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    [[ $(id -u) == 0 ]] || fail "not root, and these packages are missing: ${missing[*]}"
    for package in "${missing[@]}"; do
        [[ -n $(candidate "$package") ]] || list
    done
    printf 'build-windows.sh: installing %s\n' "${missing[*]}" >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        fail "apt-get could not install ${missing[*]}"
}

# --- the compiler ---------------------------------------------------------------------------------------------

compiler=${XDG_CACHE_HOME:+$XDG_CACHE_HOME/sansang-windows}
compiler=${compiler:-$root/target/windows/compiler}
mkdir -p "$compiler"

# Unpacks the compiler once; a half-unpacked one is thrown away.
unpack() {
    [[ ! -e $compiler/ready ]] || return 0
    [[ -n $(candidate rust-web-src) ]] || list
    local version number llvm
    version=$(candidate rust-web-src)
    [[ -n $version ]] || fail "apt knows no package rust-web-src; bookworm-security has it"
    number=${version%%+*}
    local packages=(rustc-web "libstd-rust-web-${number%.*}" libstd-rust-web-dev rust-web-src)
    # The whole answer is read: apt-cache fails when nobody listens to the end of it.
    llvm=$(apt-cache show "${packages[1]}=$version") || fail "apt knows no ${packages[1]} $version"
    [[ $llvm =~ libllvm[0-9]+ ]] || fail "${packages[1]} $version does not say which LLVM it needs"
    llvm=${BASH_REMATCH[0]}

    rm -rf "$compiler/packages" "$compiler/rust"
    mkdir -p "$compiler/packages" "$compiler/rust"
    printf 'build-windows.sh: fetching Rust %s\n' "$number" >&2
    fetch() (
        cd "$compiler/packages"
        apt-get download -qq -o APT::Sandbox::User="$(id -un)" "${packages[@]/%/=$version}" >&2
    )
    fetch || { list && fetch; } || fail "apt-get could not fetch ${packages[*]} $version"
    local package
    for package in "$compiler"/packages/*.deb; do
        # Of the source only the standard library is needed.
        if [[ $package == */rust-web-src_* ]]; then
            dpkg-deb --fsys-tarfile "$package" | tar -x -C "$compiler/rust" --wildcards \
                './usr/src/rustc-*/library/*' './usr/lib/rustlib/src/*'
        else
            dpkg-deb -x "$package" "$compiler/rust"
        fi
    done
    rm -r "$compiler/packages"
    cat >"$compiler/rustc" <<'WRAPPER'
#!/bin/sh
rust=$(dirname "$(readlink -f "$0")")/rust/usr
export LD_LIBRARY_PATH="$rust/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$rust/bin/rustc" "$@"
WRAPPER
    chmod +x "$compiler/rustc"
    [[ -e $compiler/rust/usr/lib/rustlib/src/rust/library/Cargo.lock ]] ||
        fail "rust-web-src $version lacks library/Cargo.lock"
    printf '%s\n' "$llvm" >"$compiler/llvm"
    touch "$compiler/ready"
}

# Two builds may start at the same time.
exec {lock}>"$compiler/lock"
flock "$lock"
unpack
packages=("$(<"$compiler/llvm")")
for target in "${targets[@]}"; do
    case $target in
        x86_64-*) packages+=(gcc-mingw-w64-x86-64-win32) ;;
        i686-*) packages+=(gcc-mingw-w64-i686-win32) ;;
    esac
done
install "${packages[@]}"
exec {lock}>&-

# --- the program ----------------------------------------------------------------------------------------------

unset RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
export RUSTC=$compiler/rustc
# -Zbuild-std is not stable; this lets a stable compiler take it.
export RUSTC_BOOTSTRAP=1
# Another compiler than the rest of target/ is built with, so another folder.
export CARGO_TARGET_DIR=$root/target/windows
# For Windows each program also carries std, so size goes before speed.
export CARGO_PROFILE_DIST_OPT_LEVEL=z

# cargo builds anew when this folder has another name, and not when a file in it differs.
later=$CARGO_TARGET_DIR/later/$(cksum <"$root/agent/packaging/dlltool-later.sh" | cut -d ' ' -f 1)
mkdir -p "$later"
cp "$root/agent/packaging/dlltool-later.sh" "$later/dlltool.part"
mv "$later/dlltool.part" "$later/dlltool"

# The one library of dlltool-later.sh that rustc leaves to the linker, for a processor.
make_bcrypt() {
    local folder=$later/$1 random=BCryptGenRandom
    [[ $1 != i686 ]] || random+=@16
    mkdir -p "$folder"
    printf 'EXPORTS\n%s\n' "$random" >"$folder/bcrypt.def"
    (cd "$folder" && "$1-w64-mingw32-dlltool" -k -d bcrypt.def -D bcrypt.dll --output-delaylib libbcrypt.a)
}

# Neither the builder's folders nor the time of building get into the program. `windows_slim_errors` leaves out the
# texts of Windows' errors: they are translated, so nobody may read them, and their functions are too new.
flags=(
    "--remap-path-prefix=$compiler/rust/usr=rust"
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
    "--remap-path-prefix=$root=sansang"
    --cfg=windows_slim_errors
    -Clink-arg=-Wl,--no-insert-timestamp
    # Pages of the file are pages of the memory, so Wine too reads only those that are used.
    -Clink-arg=-Wl,--file-alignment=4096
)

for target in "${targets[@]}"; do
    cpu=${target%%-*}
    name=${target//-/_}
    gcc=$(command -v "$cpu-w64-mingw32-gcc-win32") || fail "$cpu-w64-mingw32-gcc-win32 is not on the PATH"
    # The crate `cc` knows the prefix of mingw for *-pc-windows-gnu only; here it would quietly take the machine's cc.
    export "CC_$name=$gcc" "AR_$name=$cpu-w64-mingw32-ar" "RANLIB_$name=$cpu-w64-mingw32-ranlib"
    export "CARGO_TARGET_${name^^}_LINKER=$gcc"
    make_bcrypt "$cpu"
    all=("${flags[@]}" "-Cdlltool=$later/dlltool" "-Lnative=$later/$cpu")
    printf -v CARGO_ENCODED_RUSTFLAGS '%s\x1f' "${all[@]}"
    export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}
    # std comes without its reader of debug information: the program has none.
    cargo "$verb" --manifest-path "$root/Cargo.toml" --locked --package sansang-agent --bin sansang-agent \
        --features small --profile "$profile" --target "$target" \
        -Zbuild-std=std,panic_unwind -Zbuild-std-features=panic-unwind,optimize_for_size >&2 ||
        fail "the agent does not build for $target"
    [[ $verb == build ]] || continue
    folder=$CARGO_TARGET_DIR/$target
    program=$folder/${profile/%dev/debug}/sansang-agent.exe
    if [[ $profile == dist ]]; then
        # Whoever runs the program meanwhile keeps the former one.
        cp "$program" "$folder/sansang-agent.exe.part"
        mv "$folder/sansang-agent.exe.part" "$folder/sansang-agent.exe"
        program=$folder/sansang-agent.exe
    fi
    printf '%s\n' "$program"
done
