#!/busybox sh
# The first process of a kernel that `./x vm --tests` boots: lays a layer in memory over the files of the system that boots it,
# makes that the root, and runs the tests there. A mere chroot would not do: the kernel then has other names for all files.
B=/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
exec </dev/null >/dev/ttyS0 2>&1
# In any order: what needs another one goes in the next round.
for round in 1 2 3 4; do
    for module in /modules/*.ko; do $B insmod "$module" 2>/dev/null; done
done
$B mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host
$B mount -t tmpfs -o size=70% upper /upper
$B mkdir /upper/files /upper/work
$B mount -t overlay -o lowerdir=/host,upperdir=/upper/files,workdir=/upper/work merged /merged
$B cp /busybox /tests /merged/
for folder in proc sys dev; do $B mount --move /$folder /merged/$folder; done
$B ln -s /proc/self/fd /merged/dev/fd
$B ln -s /proc/self/fd/0 /merged/dev/stdin
$B ln -s /proc/self/fd/1 /merged/dev/stdout
$B ln -s /proc/self/fd/2 /merged/dev/stderr
$B mkdir -p /merged/dev/pts /merged/dev/shm
$B mount -t devpts pts /merged/dev/pts
$B mount -t tmpfs -o mode=1777 shm /merged/dev/shm
$B mount -t tmpfs -o mode=1777 tmp /merged/tmp
$B mount -t cgroup2 groups /merged/sys/fs/cgroup
$B ip link set lo up
exec $B switch_root /merged /bin/sh -c '
(. /tests) && echo "RESULT passed yes"
echo "RESULT end yes"
/busybox poweroff -f'
