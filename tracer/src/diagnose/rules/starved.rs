//! The backend was loaded, and then the process came to a limit: no descriptor for a file, no thread. The driver's code that
//! follows, or the crash, tells nothing of it.

use super::super::advice::RESTART;
use super::super::case::{Case, who};
use super::super::explanation::Finding;
use super::crash::capital;
use super::refused::{LIMITS, NO_ROOM};
use super::spawn_limits::without_thread;
use crate::discover::model::{Child, Evidence};
use crate::event::Errno;

/// EMFILE and ENFILE for files, EAGAIN and ENOMEM for threads and processes (open(2), clone(2)).
const OF_FILES: [u16; 2] = [24, 23];
const OF_THREADS: [u16; 2] = [11, 12];

/// What the kernel refused for want of room, in the processes that decide.
fn refused<'a>(case: &Case<'a>) -> Vec<(&'a Child, Errno, &'a Evidence)> {
    let mut all = Vec::new();
    for child in case.deciding() {
        for (err, seen) in &child.refused {
            let text = seen.text.as_str();
            let file = text.starts_with("open ") && OF_FILES.contains(&err.0);
            let thread = text.starts_with("clone") && OF_THREADS.contains(&err.0);
            if file || thread {
                all.push((child, *err, seen));
            }
        }
    }
    all
}

/// The finding, where nothing else stopped a load and the process says nothing of threads itself.
pub(super) fn no_room(case: &Case<'_>) -> Vec<Finding> {
    if case.failed_loads().next().is_some() || without_thread(case).next().is_some() {
        return Vec::new();
    }
    let all = refused(case);
    let Some((child, err, seen)) = all.first().copied() else {
        return Vec::new();
    };
    let what = match seen.text.as_str().strip_prefix("open ") {
        Some(path) => format!("had no file descriptor left ({err}), first for {path}"),
        None => format!("could not make a thread or process ({err})"),
    };
    vec![
        NO_ROOM
            .found(format!(
                "{} for {} {what}; what failed after that comes of it.",
                capital(who(child)),
                case.name
            ))
            .likely()
            .proof(all.iter().map(|(_, _, seen)| *seen).take(4))
            .do_all(&LIMITS)
            .so(RESTART),
    ]
}
