//! Files that a process opened or asked for, as far as they matter.

use super::super::FEW;
use super::{Building, Open as OpenCall};
use crate::discover::model::Evidence;
use crate::event::call::LoaderError;
use crate::event::file::{Open, Stat};
use crate::event::{Errno, Event};

/// A flag of open on x86-64 (fcntl.h).
const O_CREAT: u64 = 0o100;
/// ENOENT, and EINPROGRESS of a connect that goes on (errno.h).
const NO_FILE: Errno = Errno(2);
const IN_PROGRESS: Errno = Errno(115);
/// The first call of the driver (cuda.h).
const DRIVER_START: &str = "cuInit";

impl Building {
    pub(super) fn opened(&mut self, event: &Event, open: &Open) {
        let path = open.path.value().map_or("", |path| path.as_str());
        if let Some(err) = open.err {
            if open.flags.0 & O_CREAT != 0 || is_device(path) || err.0 != 2 {
                self.refuse(event, err, format!("open {path}"));
            } else {
                self.not_there(event, err, path);
            }
        }
        if open.err.is_none() && is_of_a_gpu(path) && self.child.opened_devices.len() < FEW {
            let seen = Evidence::event(event.seq, format!("open {path}"));
            self.child.opened_devices.push(seen);
        }
        let ended = self.searching.opened(event, open);
        self.searched(ended);
    }

    /// The driver looked for a file of its own while it started; the loader's search for libraries is told elsewhere.
    fn not_there(&mut self, event: &Event, err: Errno, path: &str) {
        if !path.contains(".so") {
            self.sought_by_driver(event, err, format!("open {path}"));
        }
    }

    /// The driver loads a library of its own while it starts, and it is not there.
    pub(super) fn not_loaded(&mut self, event: &Event, error: &LoaderError) {
        let text = error.text.value().map_or("", |text| text.as_str());
        let object = error.object.value().map_or("", |text| text.as_str());
        if text.starts_with("cannot open shared object file") && !object.is_empty() {
            let err = error.err.unwrap_or(NO_FILE);
            self.sought_by_driver(event, err, format!("load {object}"));
        }
    }

    /// The driver connects to somebody while it starts, and nobody answers.
    pub(super) fn not_reached(&mut self, event: &Event, err: Errno, address: &str) {
        if err != IN_PROGRESS && !address.is_empty() {
            self.sought_by_driver(event, err, format!("connect {address}"));
        }
    }

    fn sought_by_driver(&mut self, event: &Event, err: Errno, what: String) {
        let starting =
            |open: &OpenCall| open.tid == event.tid && open.function.as_str() == DRIVER_START;
        let room = self.sought < FEW && self.child.refused.len() < self.most;
        if room && self.open.values().any(starting) {
            self.sought += 1;
            let seen = Evidence::event(event.seq, format!("{what} inside {DRIVER_START}"));
            self.child.refused.push((err, seen));
        }
    }

    pub(super) fn looked_at(&mut self, event: &Event, stat: &Stat) {
        // What is not there is asked for all the time; what may not be looked at is not.
        let path = stat.path.value().map_or("", |path| path.as_str());
        if let Some(err @ Errno(1 | 13)) = stat.err
            && path.contains(".so")
        {
            self.refuse(event, err, format!("stat {path}"));
        }
    }
}

/// A node by which a driver reaches a GPU, of a desktop, of Jetson (nvhost, nvmap, nvgpu) or of WSL (dxg), or a resource of a
/// PCI device.
fn is_of_a_gpu(path: &str) -> bool {
    ["/dev/nv", "/dev/dri", "/dev/kfd", "/dev/dxg", "/dev/vgpu"]
        .iter()
        .any(|start| path.starts_with(start) && !path.starts_with("/dev/nvme"))
        || path.starts_with("/sys/") && path.contains("/resource")
}

/// Device nodes and the kernel's words about drivers.
fn is_device(path: &str) -> bool {
    path.starts_with("/dev/nvidia")
        || path.starts_with("/dev/dri")
        || path == "/dev/kfd"
        || path.starts_with("/proc/driver/nvidia")
}
