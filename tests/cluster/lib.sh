# shellcheck shell=bash
# Shared by the scripts in this folder: processes that are started once, known by process id and
# start time, and stopped by nothing else; free ports; bounded waits.
#
# A cluster lives in one folder DIR:
#   DIR/run/NAME    the command line of the process NAME, one script each
#   DIR/pids        one line for each started process: NAME PID START-TIME
#   DIR/log/NAME    what it wrote
#   DIR/env         variables for tests, to be sourced
#   DIR/kubeconfig  the administrator's

say() { printf '%s: %s\n' "cluster/$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

# Milliseconds since the epoch.
now_ms() { printf '%s\n' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

# until_true SECONDS COMMAND...: runs the command every 50 ms until it succeeds or time is up.
until_true() {
    local end=$(($(now_ms) + $1 * 1000))
    shift
    until "$@" >/dev/null 2>&1; do
        (($(now_ms) < end)) || return 1
        sleep 0.05
    done
}

# The kernel's start time of process $1; with the id it names one process for ever. A zombie
# counts as gone: whoever adopted it may never reap it.
start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The second field may hold spaces and ends with the last ")".
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} != Z ]] && printf '%s\n' "${stat[19]}"
}

# free_ports N: prints N ports on 127.0.0.1 that nobody listens on, below the range that the
# kernel hands to outgoing connections. Somebody may still take one before it is used.
free_ports() {
    local n=$1 port taken=" "
    while ((n > 0)); do
        port=$((18000 + SRANDOM % 14000))
        [[ $taken == *" $port "* ]] && continue
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
        taken+="$port "
        printf '%s\n' "$port"
        n=$((n - 1))
    done
}

# define DIR NAME COMMAND...: keeps a command line under a name.
define() {
    local dir=$1 name=$2
    shift 2
    mkdir -p "$dir/run" "$dir/log"
    {
        printf '#!/usr/bin/env bash\nexec'
        printf ' %q' "$@"
        printf '\n'
    } >"$dir/run/$name"
    chmod +x "$dir/run/$name"
}

# running DIR NAME: prints the process id if NAME is running.
running() {
    local name pid start
    [[ -f $1/pids ]] || return 1
    while read -r name pid start; do
        if [[ $name == "$2" && $(start_time "$pid") == "$start" ]]; then
            printf '%s\n' "$pid"
            return 0
        fi
    done <"$1/pids"
    return 1
}

# start DIR NAME: starts what was defined, in a session of its own, with nothing of ours open.
# HOME is DIR so that no setting of the user's is read.
start() {
    local dir=$1 name=$2 pid started
    HOME=$dir setsid "$dir/run/$name" </dev/null >>"$dir/log/$name" 2>&1 &
    pid=$!
    started=$(start_time "$pid") || die "$name ended at once: $(tail -n 3 "$dir/log/$name")"
    forget "$dir" "$name"
    printf '%s %s %s\n' "$name" "$pid" "$started" >>"$dir/pids"
}

# forget DIR NAME: drops NAME from the list.
forget() {
    [[ -f $1/pids ]] || return 0
    grep -v "^$2 " "$1/pids" >"$1/pids.new" || true
    mv "$1/pids.new" "$1/pids"
}

gone() { ! running "$1" "$2" >/dev/null; }

# stop DIR NAME SIGNAL SECONDS: sends the signal and waits for the end; after that time KILL.
# Fails if the process had to be killed without being asked to.
stop() {
    local dir=$1 name=$2 pid status=0
    if pid=$(running "$dir" "$name"); then
        kill "-$3" "$pid" 2>/dev/null || true
        if ! until_true "$4" gone "$dir" "$name"; then
            say "$name did not end in $4 s, killing it"
            kill -KILL "$pid" 2>/dev/null || true
            until_true 5 gone "$dir" "$name" || die "$name (process $pid) cannot be killed"
            status=1
        fi
    fi
    forget "$dir" "$name"
    return "$status"
}

# set_env DIR NAME VALUE: puts a variable into DIR/env, once.
set_env() {
    touch "$1/env"
    grep -v "^export $2=" "$1/env" >"$1/env.new" || true
    printf 'export %s=%q\n' "$2" "$3" >>"$1/env.new"
    mv "$1/env.new" "$1/env"
}
