#!/bin/sh
# check_libraries.sh PROGRAM: fails where PROGRAM needs a library that is not libc, libm or the C++ runtime.
set -eu
needed=$(LC_ALL=C readelf --dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p')
[ -n "$needed" ] || { echo "$1: no dynamic section"; exit 1; }
status=0
for library in $needed; do
  case $library in
  libc.so.*|libm.so.*|libstdc++.so.*|libgcc_s.so.*) ;;
  *) echo "$1 needs $library"; status=1 ;;
  esac
done
exit $status
