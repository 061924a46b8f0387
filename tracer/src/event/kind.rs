//! The kinds of events. One line of the trace names its kind by a key: `{"dt":1.5,"p":"p2.1","open":{...}}`.

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

use super::call::{Call, Counted, LoaderError, Return, Unfinished};
use super::file::{Access, Chdir, Getcwd, Ioctl, List, Open, Readlink, Stat};
use super::host::{End, RootFacts};
use super::library::{LateLibrary, Library, Map, Unmap};
use super::loss::{Loss, Note};
use super::net::{Http, Socket};
use super::output::Output;
use super::process::{Compat, Exec, ExecFailed, Exit, Fork, ForkFailed};
use super::signal::{Oom, Signal};

macro_rules! kinds {
    ($($(#[$doc:meta])* $key:literal => $name:ident($body:ty)),* $(,)?) => {
        /// What happened.
        #[derive(Clone, Debug)]
        pub enum Kind {
            $($(#[$doc])* $name($body),)*
            /// A kind of a newer release: kept as it stands, shown, never fatal.
            Unknown(String, Box<RawValue>),
        }

        impl Kind {
            /// Every kind of this release, by its key in the trace.
            pub const NAMES: &'static [&'static str] = &[$($key),*];

            /// The key in the trace.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$name(_) => $key,)*
                    Self::Unknown(name, _) => name,
                }
            }

            /// Writes `"key": {...}` into a map.
            ///
            /// # Errors
            /// Those of the serializer.
            pub fn serialize_entry<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Self::$name(body) => map.serialize_entry($key, body),)*
                    Self::Unknown(name, body) => map.serialize_entry(name, body),
                }
            }

            /// Reads the value that follows `key`.
            ///
            /// # Errors
            /// Those of the deserializer; an unknown key is none.
            pub fn deserialize_value<'de, A: MapAccess<'de>>(
                key: &str,
                map: &mut A,
            ) -> Result<Self, A::Error> {
                Ok(match key {
                    $($key => Self::$name(map.next_value()?),)*
                    _ => Self::Unknown(key.to_owned(), map.next_value()?),
                })
            }
        }

        impl PartialEq for Kind {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$name(one), Self::$name(two)) => one == two,)*
                    (Self::Unknown(one, a), Self::Unknown(two, b)) => {
                        one == two && a.get() == b.get()
                    }
                    _ => false,
                }
            }
        }
    };
}

kinds! {
    /// A child process.
    "fork" => Fork(Fork),
    /// A child process that could not be made.
    "fork_failed" => ForkFailed(ForkFailed),
    /// A new program image.
    "exec" => Exec(Exec),
    /// A program that could not be started.
    "exec_failed" => ExecFailed(ExecFailed),
    /// The end of a process.
    "exit" => Exit(Exit),
    /// The first and last word on a process that makes 32-bit system calls.
    "compat" => Compat(Compat),
    /// A signal was sent, or raised by a fault.
    "signal" => Signal(Signal),
    /// The kernel chose a victim for lack of memory.
    "oom" => Oom(Oom),
    /// open, openat, openat2.
    "open" => Open(Open),
    /// stat, lstat, newfstatat, statx.
    "stat" => Stat(Stat),
    /// access, faccessat, faccessat2.
    "access" => Access(Access),
    /// readlink, readlinkat.
    "readlink" => Readlink(Readlink),
    /// getcwd.
    "getcwd" => Getcwd(Getcwd),
    /// One getdents64: names of a directory.
    "list" => List(List),
    /// chdir, fchdir.
    "chdir" => Chdir(Chdir),
    /// ioctl on a device node of a GPU.
    "ioctl" => Ioctl(Ioctl),
    /// An executable mapping of a file, or the attempt.
    "map" => Map(Map),
    /// An executable mapping went away.
    "unmap" => Unmap(Unmap),
    /// Facts about a library file, once per file. They are many, and events are moved about by the million.
    "library" => Library(Box<Library>),
    /// A library that got its probes while a process that may use it ran already.
    "late_library" => LateLibrary(LateLibrary),
    /// A traced function was entered.
    "call" => Call(Call),
    /// A traced function came back.
    "return" => Return(Return),
    /// A call that had not come back when it was looked at.
    "unfinished" => Unfinished(Unfinished),
    /// Calls that were counted instead of told one by one.
    "counted" => Counted(Counted),
    /// The dynamic loader's own error text.
    "loader_error" => LoaderError(LoaderError),
    /// Bytes written to fd 1 or 2.
    "output" => Output(Output),
    /// bind, listen, connect, accept on loopback.
    "socket" => Socket(Socket),
    /// Request or body of a discovery endpoint.
    "http" => Http(Http),
    /// Facts about the root of a mount namespace that is not the recorder's. Few, and large.
    "root" => Root(Box<RootFacts>),
    /// Records that did not reach the trace.
    "loss" => Loss(Loss),
    /// A word of the recorder about itself.
    "note" => Note(Note),
    /// The orderly end of a recording.
    "end" => End(End),
}
