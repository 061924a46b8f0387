#!/busybox sh
# The first process of a kernel that `./x vm` boots: tries the engines and says what came of it on the serial port.
export PATH=/bin:/usr/bin:/sbin:/usr/sbin
B=/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
$B mount -t tmpfs -o mode=1777 tmp /tmp
exec </dev/null >/dev/ttyS0 2>&1
result() { echo "RESULT $1 $2"; }

result kernel "$($B uname -r)"
result btf "$([ -e /sys/kernel/btf/vmlinux ] && echo yes || echo no)"
result yama "$($B cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo none)"
result unprivileged_bpf "$($B cat /proc/sys/kernel/unprivileged_bpf_disabled 2>/dev/null || echo none)"
/vgputrace doctor >/tmp/doctor 2>&1
result doctor $?
result doctor_says "$($B grep -E '^(recording|kernel)' /tmp/doctor | $B tr '\n' ' ')"

# A command, and what must be in its trace: failed loads with the loader's words, and their callers.
try() {
    name=$1; shift
    trace=/tmp/$name.vgt
    "$@" >/tmp/$name.out 2>&1
    code=$?
    /vgputrace show $trace >/tmp/$name.text 2>/dev/null
    loads=$($B grep -c 'dlopen = NULL' /tmp/$name.text)
    words=$($B grep -c 'loader: .*cannot open shared object file' /tmp/$name.text)
    opens=$($B grep -c 'open .*ENOENT' /tmp/$name.text)
    execs=$($B grep -c ' exec ' /tmp/$name.text)
    engine=$(/vgputrace show --json $trace 2>/dev/null | $B head -n 1 | $B sed 's/.*"engine":"\([a-z]*\)".*/\1/')
    result "$name" "exit=$code engine=$engine execs=$execs opens=$opens dlopen_failed=$loads words=$words"
    [ $code = 0 ] || result "${name}_says" "$($B grep '^vgputrace: ' /tmp/$name.out | $B tail -n 1)"
}
R="/vgputrace run"
# By its path: busybox takes its own, which knows no users, for the bare name.
U="/usr/sbin/chroot --userspec=65534:65534 /"
P="-- /bin/sh -c"
S='/static 1 /nowhere/node; /load /nowhere/libx.so libnone.so; true'
try ebpf $R --engine ebpf -o /tmp/ebpf.vgt $P "$S"
try ptrace $R --engine ptrace -o /tmp/ptrace.vgt $P "$S"
try auto $R -o /tmp/auto.vgt $P "$S"
try user $U $R -o /tmp/user.vgt $P "$S"
[ -e /proc/sys/kernel/yama/ptrace_scope ] && {
    echo 1 >/proc/sys/kernel/yama/ptrace_scope
    try scope1 $U $R --engine ptrace -o /tmp/scope1.vgt $P "$S"
    echo 2 >/proc/sys/kernel/yama/ptrace_scope
    try scope2 $U $R --engine ptrace -o /tmp/scope2.vgt $P "$S"
}
result end yes
$B poweroff -f
