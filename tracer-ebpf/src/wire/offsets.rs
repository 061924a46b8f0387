//! Where the fields of the running kernel's structures are: found in its BTF when the probes are loaded.

macro_rules! offsets {
    ($($name:ident = $index:literal : $structure:literal . $field:literal),* $(,)?) => {
        $(#[doc = concat!("Index of `", $structure, ".", $field, "`.")] pub const $name: usize = $index;)*

        /// Index, structure and field (a dotted path through nested structures).
        pub const WANTED: &[(usize, &str, &str)] = &[$(($index, $structure, $field)),*];
    };
}

offsets! {
    TASK_TGID = 0: "task_struct"."tgid",
    TASK_PID = 1: "task_struct"."pid",
    TASK_SIGNAL = 2: "task_struct"."signal",
    TASK_EXIT_CODE = 3: "task_struct"."exit_code",
    TASK_LEADER = 4: "task_struct"."group_leader",
    TASK_MM = 5: "task_struct"."mm",
    TASK_FS = 6: "task_struct"."fs",
    TASK_FILES = 7: "task_struct"."files",
    TASK_CRED = 8: "task_struct"."cred",
    TASK_STATUS = 9: "task_struct"."thread_info.status",
    SIGNAL_LIVE = 10: "signal_struct"."live",
    SIGNAL_FLAGS = 11: "signal_struct"."flags",
    SIGNAL_GROUP_CODE = 12: "signal_struct"."group_exit_code",
    MM_ARG_START = 13: "mm_struct"."arg_start",
    MM_ARG_END = 14: "mm_struct"."arg_end",
    MM_ENV_START = 15: "mm_struct"."env_start",
    MM_ENV_END = 16: "mm_struct"."env_end",
    MM_AUXV = 17: "mm_struct"."saved_auxv",
    FS_PWD = 18: "fs_struct"."pwd",
    FILES_FDT = 19: "files_struct"."fdt",
    FDT_MAX = 20: "fdtable"."max_fds",
    FDT_FD = 21: "fdtable"."fd",
    FILE_PATH = 22: "file"."f_path",
    FILE_INODE = 23: "file"."f_inode",
    PATH_MNT = 24: "path"."mnt",
    PATH_DENTRY = 25: "path"."dentry",
    DENTRY_PARENT = 26: "dentry"."d_parent",
    DENTRY_NAME = 27: "dentry"."d_name.name",
    DENTRY_INODE = 28: "dentry"."d_inode",
    VFSMOUNT_ROOT = 29: "vfsmount"."mnt_root",
    MOUNT_MNT = 30: "mount"."mnt",
    MOUNT_PARENT = 31: "mount"."mnt_parent",
    MOUNT_POINT = 32: "mount"."mnt_mountpoint",
    INODE_INO = 33: "inode"."i_ino",
    INODE_MODE = 34: "inode"."i_mode",
    INODE_SB = 35: "inode"."i_sb",
    SB_DEV = 36: "super_block"."s_dev",
    BINPRM_FILE = 37: "linux_binprm"."file",
    BINPRM_FILENAME = 38: "linux_binprm"."filename",
    CRED_UID = 39: "cred"."uid",
    CRED_GID = 40: "cred"."gid",
    CRED_EUID = 41: "cred"."euid",
    CRED_EGID = 42: "cred"."egid",
    FILE_PRIVATE = 43: "file"."private_data",
    SOCKET_SK = 44: "socket"."sk",
    SOCK_FAMILY = 45: "sock"."__sk_common.skc_family",
    SOCK_PORT = 46: "sock"."__sk_common.skc_num",
    SOCK_ADDRESS = 47: "sock"."__sk_common.skc_rcv_saddr",
    SOCK_ADDRESS6 = 48: "sock"."__sk_common.skc_v6_rcv_saddr",
    TASK_NSPROXY = 49: "task_struct"."nsproxy",
    NSPROXY_MNT = 50: "nsproxy"."mnt_ns",
    MNT_NS_INUM = 51: "mnt_namespace"."ns.inum",
    TASK_CGROUPS = 52: "task_struct"."cgroups",
    CSS_SET_CGROUP = 53: "css_set"."dfl_cgrp",
    CGROUP_LEVEL = 54: "cgroup"."level",
    CGROUP_ANCESTORS = 55: "cgroup"."ancestors",
    CGROUP_NODE = 56: "cgroup"."kn",
    KERNFS_NAME = 57: "kernfs_node"."name",
    KERNFS_ID = 58: "kernfs_node"."id",
}

/// Size of the table of offsets.
pub const COUNT: usize = 59;
/// Fields from here on may be missing (a kernel without control groups): their offset is 0 then, which is none of theirs.
pub const OPTIONAL: usize = TASK_NSPROXY;
const _: () = assert!(WANTED.len() == COUNT);
