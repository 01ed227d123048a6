# What the cases share; sourced by each, in the machine. Every command of a case that fails ends it.
# shellcheck shell=bash

package=$(realpath holdfast_*.deb)
configuration=/etc/holdfast/holdfast.yaml
drop_ins=/run/systemd/system/holdfast.service.d
# shellcheck disable=SC2034 # for the cases
unit_cgroup=/sys/fs/cgroup/system.slice/holdfast.service

tell() { printf '%s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

# shellcheck disable=SC2154 # status is the trap's own
trap 'status=$?; if ((status != 0 && status != 99)); then tell_more; fi' EXIT
trap 'printf "FAILED: line %d: %s\n" "$LINENO" "$BASH_COMMAND"' ERR

tell_more() {
  systemctl --no-pager --full status holdfast || true
  journalctl --no-pager --boot --unit=holdfast --lines=40 || true
}

# Runs the words until they succeed, at most $1 seconds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "not in time: $*"
    sleep 0.5
  done
}

equal() { [[ $1 == "$2" ]] || fail "$3: \"$1\", where \"$2\" was expected"; }
# What the words after the pattern print has a line that matches.
shows() {
  local pattern=$1 text
  shift
  text=$("$@" 2>&1) || true
  grep --quiet -- "$pattern" <<<"$text" || { printf '%s\n' "$text"; fail "no \"$pattern\" in: $*"; }
}
fails() { if "$@"; then fail "succeeded: $*"; fi; }
property() { systemctl show --value --property="$1" holdfast; }

# The package is there, the unit is stopped and forgotten, nothing is configured, the logs are empty.
from_scratch() {
  local wanted
  # shellcheck disable=SC2016 # fields of dpkg
  wanted="ii $(dpkg-deb --show --showformat='${Version}' "$package")"
  # shellcheck disable=SC2016
  [[ $(dpkg-query --show --showformat='${db:Status-Abbrev}${Version}' holdfast) == "$wanted" ]] ||
    dpkg --install "$package"
  systemctl disable --now --quiet holdfast
  rm --recursive --force "$drop_ins"
  systemctl daemon-reload
  systemctl reset-failed holdfast 2>/dev/null || true
  rm --recursive --force "$configuration" /var/log/holdfast/*
}

# The real servers of Debian's packages, where Debian keeps their data.
configure_stack() {
  cat >"$configuration" <<'END'
stack: {name: machine}
services:
  postgresql: {preset: postgresql}
  redis: {preset: redis}
END
}

is_working() { holdfast status >/dev/null; }

# The pid of a service's main process.
service_pid() { holdfast status --json | sed --quiet "s/.*\"name\":\"$1\",[^}]*\"pid\":\([0-9]*\),.*/\1/p"; }

sql() { runuser --user postgres -- psql --quiet --no-align --tuples-only --command="$1"; }

nobody_of_the_stack() {
  local name
  for name in postgres redis-server beam.smp epmd holdfast-engine holdfast-anchor; do
    if pgrep --exact --list-name "$name"; then return 1; fi
  done
}

# Boots the machine and calls the case again with the word.
after_a_boot() {
  printf '%s %s\n' "$(basename "$0")" "$1" >resume
  exit 99
}
