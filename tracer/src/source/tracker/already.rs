//! Processes that were running before the recording began: told as an exec and as mappings that are marked so.

use std::net::SocketAddr;

use super::memory::Mapping;
use super::{Story, Tracker, Wish};
use crate::event::file::Open;
use crate::event::library::Map;
use crate::event::net::Socket;
use crate::event::{Hex, Kind, Seen, Text};
use crate::source::record::Record;
use crate::source::screen;

/// A running process as /proc has it.
#[derive(Clone, Debug, Default)]
pub struct Already {
    /// Process id.
    pub tgid: u32,
    /// Its parent's.
    pub parent: Option<u32>,
    /// Now, in nanoseconds of CLOCK_BOOTTIME.
    pub time: u64,
    /// Its image, as records of an exec that has just happened: paths of program and folder, head, arguments, environment.
    pub image: Vec<Record>,
    /// Path of its control group.
    pub cgroup: Option<String>,
    /// Its executable mappings of files, in order of address.
    pub maps: Vec<Region>,
    /// Files and devices it has open, and sockets it listens on, by descriptor.
    pub open: Vec<Descriptor>,
}

/// An open descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Its number.
    pub fd: i32,
    /// What it is of.
    pub of: Opened,
}

/// What a descriptor is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A file, a folder or a device, with the flags it was opened with.
    File {
        /// The kernel's path.
        path: String,
        /// `O_*` of x86-64.
        flags: u64,
    },
    /// A socket that listens here.
    Listening(SocketAddr),
}

/// An executable mapping of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The kernel's path of the file.
    pub path: String,
    /// Device and inode, `8:1:4711`.
    pub inode: String,
    /// First address.
    pub address: u64,
    /// Length in bytes.
    pub length: u64,
    /// Where in the file it begins.
    pub offset: u64,
}

impl Tracker {
    /// Makes a running process known, and tells what it is and what it has mapped. The program and its loader are told with
    /// the exec, as for one that starts.
    pub fn already(&mut self, running: Already, story: &mut Story) {
        std::mem::swap(&mut self.story, story);
        let tgid = running.tgid;
        let parent = running
            .parent
            .and_then(|parent| self.processes.get(&parent));
        let parent = parent.map(|parent| parent.id);
        let process = self.known(tgid);
        process.parent = parent;
        process.already = true;
        process.cgroup = running.cgroup.map(|path| screen::text(path.as_bytes()));
        for record in running.image {
            self.told_by(record);
        }
        self.finish_exec(tgid);
        let own: Vec<String> = self
            .known(tgid)
            .maps
            .values()
            .filter_map(|mapping| Some(mapping.path.value()?.as_str().to_owned()))
            .collect();
        for region in running.maps {
            let is_image = own.contains(&region.path);
            self.already_mapped(tgid, running.time, region, is_image);
        }
        for descriptor in running.open {
            self.tell(tgid, tgid, running.time, None, kind_of(descriptor));
        }
        std::mem::swap(&mut self.story, story);
    }

    fn already_mapped(&mut self, tgid: u32, time: u64, region: Region, is_image: bool) {
        let path = Seen::Yes(screen::text(region.path.as_bytes()));
        if !is_image {
            let map = Map {
                path: path.clone(),
                inode: Some(Text::from(region.inode)),
                address: Some(Hex(region.address)),
                length: Hex(region.length),
                offset: Hex(region.offset),
                err: None,
                already: true,
            };
            self.tell(tgid, tgid, time, None, Kind::Map(map));
            self.story.wishes.push(Wish::Library {
                path: region.path,
                tgid,
            });
        }
        let mapping = Mapping {
            length: region.length,
            offset: Some(region.offset),
            path,
            since: time,
        };
        self.known(tgid).maps.insert(region.address, mapping);
    }
}

fn kind_of(descriptor: Descriptor) -> Kind {
    let fd = descriptor.fd;
    match descriptor.of {
        Opened::File { path, flags } => Kind::Open(Open {
            path: Seen::Yes(screen::text(path.as_bytes())),
            base: None,
            flags: Hex(flags),
            fd: Some(fd),
            err: None,
            already: true,
        }),
        Opened::Listening(address) => Kind::Socket(Socket {
            call: Text::from("listen"),
            address: Some(Text::from(address.to_string())),
            fd,
            err: None,
            already: true,
        }),
    }
}
