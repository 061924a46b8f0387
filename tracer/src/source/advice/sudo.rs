//! Variables of the user's shell that sudo did not hand on.
//!
//! In: a /proc folder, the own pid, names of the own environment. Out: names only, never values. sudo's own
//! /proc/PID/environ shows what the shell gave it; it also keeps the LD_* variables that the loader hides from a
//! set-user-id program. Only root may read it.

use std::path::Path;

use super::process::Process;

/// Variables that decide which backend is found; the rest of an environment is nobody's business.
const PREFIXES: [&str; 16] = [
    "CUDA_",
    "GGML_",
    "GLIBC_TUNABLES",
    "GPU_",
    "HIP_",
    "HSA_",
    "JETSON_",
    "LD_",
    "LLAMA_ARG_",
    "MLX_",
    "NVIDIA_",
    "OLLAMA_",
    "ROCM_",
    "ROCR_",
    "VGPU_",
    "VK_",
];

/// How far up a `sudo` is looked for: shells and scripts may stand between.
const ANCESTORS: usize = 16;

/// Names that the caller's environment has and ours has not, sorted; empty when no sudo is an ancestor or nothing can
/// be read.
#[must_use]
pub fn dropped<S: AsRef<str>>(proc: &Path, own_pid: u32, own_names: &[S]) -> Vec<String> {
    let ancestors: Vec<_> =
        std::iter::successors(Process::new(proc, own_pid).parent(), Process::parent)
            .take(ANCESTORS)
            .collect();
    let is_sudo = |process: &Process| process.name().as_deref() == Some("sudo");
    let Some(first) = ancestors.iter().position(is_sudo) else {
        return Vec::new();
    };
    // sudo forks a monitor of the same name; the outermost one was started by the shell, which comes next.
    let chain = ancestors.get(first..).unwrap_or_default();
    let count = chain.iter().take_while(|one| is_sudo(one)).count();
    let outermost = chain.get(count.saturating_sub(1));
    let shell = chain.get(count);
    let Some(environment) = [outermost, shell]
        .into_iter()
        .flatten()
        .filter_map(Process::environment)
        .find(|pairs| !pairs.is_empty())
    else {
        return Vec::new();
    };
    let mut names: Vec<String> = environment
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && is_plain(name))
        .filter(|name| !own_names.iter().any(|own| own.as_ref() == name))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A name a shell can expand.
fn is_plain(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::dropped;

    fn proc(processes: &[(u32, u32, &str, &str)]) -> tempfile::TempDir {
        let proc = tempfile::tempdir().unwrap();
        for (pid, parent, name, environ) in processes {
            let folder = proc.path().join(pid.to_string());
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
            std::fs::write(
                folder.join("status"),
                format!("Name:\t{name}\nPPid:\t{parent}\n"),
            )
            .unwrap();
            if *environ != "-" {
                std::fs::write(folder.join("environ"), environ.replace(' ', "\0")).unwrap();
            }
        }
        proc
    }

    const SHELL: &str =
        "OLLAMA_DEBUG=1 LD_LIBRARY_PATH=/x EDITOR=vi CUDA_VISIBLE_DEVICES=0 OLLAMA_BAD;rm=1";

    #[test]
    fn names_that_sudo_took_away_are_listed() {
        let tree = proc(&[
            (10, 1, "bash", "OLLAMA_HOST=old"),
            (11, 10, "sudo", SHELL),
            (12, 11, "sudo", "-"),
            (13, 12, "sh", ""),
            (14, 13, "vgputrace", ""),
        ]);
        assert_eq!(
            dropped(tree.path(), 14, &["PATH", "CUDA_VISIBLE_DEVICES"]),
            ["LD_LIBRARY_PATH", "OLLAMA_DEBUG"]
        );
    }

    #[test]
    fn the_shell_is_asked_when_sudo_cannot_be() {
        let tree = proc(&[
            (10, 1, "bash", SHELL),
            (11, 10, "sudo", "-"),
            (14, 11, "vgputrace", ""),
        ]);
        assert_eq!(
            dropped(tree.path(), 14, &["OLLAMA_DEBUG"]),
            ["CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH"]
        );
    }

    #[test]
    fn without_sudo_or_in_a_loop_of_parents_nothing_is_said() {
        let tree = proc(&[(10, 14, "bash", SHELL), (14, 10, "vgputrace", "")]);
        assert!(dropped::<&str>(tree.path(), 14, &[]).is_empty());
        assert!(dropped::<&str>(tree.path(), 99, &[]).is_empty());
    }
}
