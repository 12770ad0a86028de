# Sourced by scripts/harness and scripts/test: a virtual environment in .venv with this project in it, made on first
# use and again when what is to be installed changes. Usage: set_up EXTRAS   (EXTRAS: "" or "[test]")

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python="$project/.venv/bin/python"

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"; return
    fi
  done
  echo "Error: Python 3.11 or newer is needed; 'python3' is $(python3 --version 2>&1 || true)." >&2
  return 1
}

set_up() {
  local extras=$1 stamp wanted log
  stamp="$project/.venv/installed$extras"
  local known extra missing
  # The path is part of it: a virtual environment does not survive being moved.
  wanted=$(echo "$project"; cat "$project"/{setup.cfg,setup.py,pyproject.toml})
  # What was installed with more extras holds those with fewer.
  for known in "$project"/.venv/installed*; do
    [ "$(cat "$known" 2>/dev/null)" = "$wanted" ] && [ -x "$python" ] || continue
    missing=""
    for extra in ${extras//[\[\],]/ }; do
      case ",$(echo "${known##*/installed}" | tr -d '[]')," in *",$extra,"*) ;; *) missing=$extra ;; esac
    done
    [ -z "$missing" ] && return
  done
  local base; base=$(find_python)
  echo "Setting up .venv on first use: TensorFlow and its companions, about 2 GB, a minute or two ..." >&2
  log=$(mktemp)
  if ! { "$base" -m venv "$project/.venv" && "$python" -m pip install --quiet --disable-pip-version-check --no-compile \
         --editable "$project$extras"; } >"$log" 2>&1; then
    cat "$log" >&2; rm -f "$log"
    echo "Error: the setup failed (its messages are above). Is the package index within reach, and python3-venv installed?" >&2
    return 1
  fi
  rm -f "$log"
  # What every run loads, on all cores; pip would do it on one, and of everything. The rest is compiled when it is first imported.
  (cd "$project"/.venv/lib/python*/site-packages &&
   "$python" -m compileall -q -j 0 -x '/tests?/' tensorflow keras numpy pandas scipy tensorboard matplotlib rich) >/dev/null 2>&1 || true
  printf '%s\n' "$wanted" >"$stamp"
  echo "Set up in $SECONDS s." >&2
}

# The path of a Chromium, empty without one. On Debian it is installed where it is missing and this may be done (root).
ready_browser() {
  find_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }
  local found; found=$(find_browser)
  if [ -z "$found" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium from Debian's packages ..." >&2
    { apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 || true
    found=$(find_browser)
  fi
  echo "$found"
}

# Why no Slurm can be started here, empty where one can. On Debian it is installed where it is missing and this may be done (root).
ready_slurm() {
  missing_slurm() {
    local name
    for name in munged slurmctld slurmd sbatch; do
      PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null || { echo "$name"; return; }
    done
  }
  if [ -n "$(missing_slurm)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Slurm from Debian's packages ..." >&2
    { apt-get update -q && apt-get install -y -q --no-install-recommends slurmctld slurmd slurm-client munge; } >/dev/null 2>&1 || true
  fi
  local missing; missing=$(missing_slurm)
  if [ -n "$missing" ]; then echo "no $missing, and it cannot be installed"
  elif [ "$(id -u)" != 0 ]; then echo "only root can start its daemons"
  fi
}
