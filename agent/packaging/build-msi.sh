#!/usr/bin/env bash
# Builds the package for Windows, for group policy and msiexec, on a Debian machine.
#
#   agent/packaging/build-msi.sh [--program FILE] [--join-code CODE] [--out DIR] [TARGET]
#
# TARGET is x86_64-win7-windows-gnu, which is the default, or i686-win7-windows-gnu. The package lands in DIR
# (target/packages where none is named), and its path is printed. build-windows.sh must have built the program.
#   --program FILE    packs this program instead of target/windows/TARGET/sansang-agent.exe
#   --join-code CODE  every PC that the package is installed on joins with this code: group policy has no other way to
#                     say it. On a command line it is: msiexec /i sansang-agent.msi /qn JOINCODE=CODE
#
# The same program gives the same bytes: times are those of SOURCE_DATE_EPOCH, or of the last commit.
# wixl and msibuild are Debian's packages wixl and msitools.
set -euo pipefail

fail() {
    printf 'build-msi.sh: %s\n' "$*" >&2
    exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=x86_64-win7-windows-gnu
program=
join_code=
out=$root/target/packages
while (($#)); do
    case $1 in
        x86_64-win7-windows-gnu | i686-win7-windows-gnu)
            target=$1
            shift
            continue
            ;;
        --program | --join-code | --out) ;;
        *) fail "$1 is neither an option nor a target; the first lines of this file name both" ;;
    esac
    [[ -n ${2:-} ]] || fail "$1 lacks its value"
    case $1 in
        --program) program=$2 ;;
        --join-code) join_code=$2 ;;
        --out) out=$2 ;;
    esac
    shift 2
done
for tool in wixl msibuild msiinfo; do
    command -v "$tool" >/dev/null || fail "$tool is not on the PATH; apt-get install wixl msitools"
done
# Letters, digits and dashes are all that a join code has; anything else would be read as another option.
[[ $join_code =~ ^[0-9A-Za-z-]*$ ]] || fail "the join code has a character that no join code has"
program=${program:-$root/target/windows/$target/sansang-agent.exe}
[[ -f $program ]] || fail "there is no $program; agent/packaging/build-windows.sh builds it"
version=$(sed -n 's/^version = "\([0-9.]*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
[[ -n $version ]] || fail "Cargo.toml names no version"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
export TZ=UTC

# A GUID that is always the same for the same words.
guid() {
    sha256sum <<<"$*" | sed -E 's/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/\U\1-\2-\3-\4-\5/'
}
case $target in
    x86_64-*) architecture=x64 programs=ProgramFiles64Folder win64=yes narrow= ;;
    i686-*)
        architecture=x86 programs=ProgramFilesFolder win64=no
        # There is one place for the program, and on a 64-bit Windows a 32-bit package has another.
        narrow='<Condition Message="On a 64-bit Windows take the x64 package.">Installed OR NOT VersionNT64</Condition>'
        ;;
esac

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp "$program" "$tree/sansang-agent.exe"
touch --date "@$SOURCE_DATE_EPOCH" "$tree/sansang-agent.exe"
sed -e "s/@PRODUCT@/$(guid product "$version" "$architecture")/" -e "s/@VERSION@/$version/" \
    -e "s/@COMPONENT@/$(guid component "$architecture")/" -e "s/@PROGRAMS@/$programs/" -e "s/@WIN64@/$win64/" \
    -e "s|@NARROW@|$narrow|" \
    "$here/msi/agent.wxs" >"$tree/agent.wxs"
cd "$tree"
wixl --arch "$architecture" --output agent.msi agent.wxs >&2 || fail "wixl does not build the package"

# wixl writes strings in the code page of the builder, and falls over what is not in it. UTF-8 is known to Windows
# Installer since Windows XP as 65001.
printf '\r\n\r\n65001\t_ForceCodepage\r\n' >codepage.idt
msibuild agent.msi -i codepage.idt || fail "msibuild does not set the code page"
set_column() { # TABLE COLUMN VALUE KEY-COLUMN KEY
    msibuild agent.msi -q "UPDATE \`$1\` SET \`$2\` = $3 WHERE \`$4\` = '$5'" >&2 || fail "msibuild does not set $1.$2"
}
property() { # NAME VALUE
    msibuild agent.msi -q "INSERT INTO \`Property\` (\`Property\`, \`Value\`) VALUES ('$1', '$2')" >&2 ||
        fail "msibuild does not set the property $1"
}
set_column Property Value "'Sẵn Sàng'" Property ProductName
set_column Property Value "'Sẵn Sàng'" Property Manufacturer
property ARPCOMMENTS 'Cho biết máy này đã sẵn sàng làm việc không giấy tờ chưa. (Tells whether this PC is ready.)'
set_column ServiceInstall DisplayName "'Sẵn Sàng'" ServiceInstall Service
set_column ServiceInstall Description "'Kiểm tra máy tính và gửi kết quả về đơn vị quản lý. (Checks this PC and reports to its organisation.)'" \
    ServiceInstall Service
set_column LaunchCondition Description "'Máy này đã có bản mới hơn. (A later version is installed.)'" \
    Condition 'NOT WIX_DOWNGRADE_DETECTED'
set_column LaunchCondition Description "'Cần Windows 7 SP1 trở lên. (Windows 7 SP1 or later is needed.)'" \
    Description 'Windows 7 SP1 or later is needed.'
if [[ $architecture == x86 ]]; then
    set_column LaunchCondition Description "'Máy này dùng Windows 64 bit: hãy dùng gói x64. (On a 64-bit Windows take the x64 package.)'" \
        Description 'On a 64-bit Windows take the x64 package.'
fi
# A long name stands behind its short one.
set_column File FileName "'SANSANG.EXE|sansang-agent.exe'" File agent.exe
# The former version goes first, whole; should the installation fail, it comes back.
set_column InstallExecuteSequence Sequence 1501 Action RemoveExistingProducts
# 8192: what it was started with, the join code, is kept out of the installer's log.
set_column CustomAction Type $((18 + 1024 + 2048 + 8192)) Action SetUp
# Whoever asks for the installation may hand this to the installer, which runs as the system.
set_column Property Value "'JOINCODE;WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED'" Property SecureCustomProperties
[[ -z $join_code ]] || property JOINCODE "$join_code"

# The summary: no time of building, and a package code that only another content changes.
content=$({ cat "$program" "$here/msi/agent.wxs" "$here/build-msi.sh"; printf '%s' "$version $join_code"; } | sha256sum)
moment=$(date --utc --date "@$SOURCE_DATE_EPOCH" '+%Y/%m/%d %H:%M:%S')
msiinfo export agent.msi _SummaryInformation | tr -d '\r' | awk -F '\t' -v OFS='\t' \
    -v code="{$(guid package "$content")}" -v moment="$moment" -v version="$version" '
    $1 == 3 { $2 = "Sansang agent " version }
    $1 == 6 { $2 = "Tells whether this PC is ready for paperless work." }
    $1 == 9 { $2 = code }
    $1 == 12 || $1 == 13 { $2 = moment }
    { printf "%s\r\n", $0 }' >summary.idt
msibuild agent.msi -i summary.idt || fail "msibuild does not set the summary"

mkdir -p "$out"
package=$out/sansang-agent_${version}_$architecture.msi
mv agent.msi "$package"
printf '%s\n' "$package"
