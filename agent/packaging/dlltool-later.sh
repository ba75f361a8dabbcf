#!/usr/bin/env bash
# What build-windows.sh has rustc call in place of dlltool, with the same arguments: the functions of some libraries are
# looked up when they are first called, and not when the program starts.
#
# Most of what the agent does needs none of these libraries, and some of them load many more. GNU ld has no option for
# it; the import libraries that dlltool makes can be of that kind. They call the loader in
# agent/src/host/windows/delayed.rs.
set -euo pipefail

later=(bcrypt crypt32 iphlpapi netapi32 ole32 oleaut32 pdh powrprof psapi setupapi shell32 user32 ws2_32)

arguments=("$@")
while (($#)); do
    case $1 in
        -d) names=$2 ;;
        -D) library=${2%.dll} ;;
        -l) made=$2 ;;
        -m) machine=$2 ;;
    esac
    shift
done
case $machine in
    i386) tools=i686-w64-mingw32 ;;
    i386:x86-64) tools=x86_64-w64-mingw32 ;;
    *) echo "dlltool-later.sh: $machine is no machine that the agent is built for" >&2 && exit 1 ;;
esac
if [[ " ${later[*]} " != *" $library "* ]]; then
    exec "$tools-dlltool" "${arguments[@]}"
fi
for at in "${!arguments[@]}"; do
    [[ ${arguments[at]} != -l ]] || arguments[at]=--output-delaylib
done
"$tools-dlltool" "${arguments[@]}"
# Nobody names the functions of these libraries, only the places of their addresses. Seeing that, ld for 32 bit would
# drop what the addresses point to before the first call; it keeps what is local.
[[ $machine != i386 ]] || exec "$tools-objcopy" --localize-symbols="$names" "$made"
