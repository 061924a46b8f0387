use vgputrace_ebpf::wire::PathHead;
use vgputrace_ebpf::wire::head::What;
use vgputrace_ebpf::wire::path::OF_FD;
use vgputrace_ebpf::wire::syscall::nr;

use super::{TARGET, Told};
use crate::event::file::{List, Open};
use crate::event::{Kind, Seen, Text, Why};
use crate::source::record::Body;

fn entry(name: &str) -> Vec<u8> {
    let length = u16::try_from(20 + name.len()).unwrap();
    let mut bytes = vec![0; 16];
    bytes.extend(length.to_ne_bytes());
    bytes.push(8);
    bytes.extend(name.as_bytes());
    bytes.push(0);
    bytes
}

fn list(told: &Told) -> List {
    told.one(|kind| match kind {
        Kind::List(list) => Some(list.clone()),
        _ => None,
    })
}

fn opens(told: &Told) -> Vec<Open> {
    told.all(|kind| match kind {
        Kind::Open(open) => Some(open.clone()),
        _ => None,
    })
}

fn listed(folder: &Seen<Vec<u8>>) -> List {
    let mut told = Told::new();
    let head = PathHead {
        of: OF_FD,
        length: 0,
        device: 0,
        mode: 0,
        inode: 1,
        state: 0,
        zero: 0,
    };
    told.take(TARGET, TARGET, Body::Path(head, folder.clone()));
    let names = [entry("diary.txt"), entry("libggml-cuda.so")].concat();
    told.piece(TARGET, What::Listing, 3, 0, &names, names.len(), 5);
    list(&told)
}

#[test]
fn names_are_withheld_outside_library_folders() {
    let inside = listed(&Seen::Yes(b"/usr/lib/ollama".to_vec()));
    assert_eq!((inside.names.len(), inside.withheld), (2, 0));
    let home = listed(&Seen::Yes(b"/home/ann".to_vec()));
    assert_eq!(home.names, [Text::from("libggml-cuda.so")]);
    assert_eq!((home.entries, home.withheld), (2, 1));
}

#[test]
fn a_folder_whose_beginning_is_unknown_is_no_library_folder() {
    let cut = listed(&Seen::Cut(b"/lib/ollama".to_vec(), 0));
    assert_eq!((cut.names.len(), cut.withheld), (1, 1));
    let lost = listed(&Seen::No(Why::Fault));
    assert_eq!(lost.withheld, 1);
}

#[test]
fn a_relative_path_starts_at_the_descriptor_or_the_working_directory() {
    let mut told = Told::new();
    told.call_on(TARGET, "/folder", nr::OPENAT, [5, 0, 0, 0, 0, 0], "x.so");
    // AT_FDCWD is -100.
    told.call(
        TARGET,
        nr::OPENAT,
        [u64::MAX - 99, 0, 0, 0, 0, 0],
        3,
        "y.so",
    );
    told.call(TARGET, nr::OPENAT, [0; 6], 3, "/abs/z.so");
    let bases: Vec<_> = opens(&told)
        .into_iter()
        .map(|open| open.base.and_then(|base| base.value().cloned()))
        .collect();
    let text = |path: &str| Some(Text::from(path));
    assert_eq!(bases, [text("/folder"), text("/start"), None]);
}

#[test]
fn the_path_of_a_call_whose_record_was_lost_is_not_the_next_ones() {
    let mut told = Told::new();
    told.path(TARGET, TARGET, OF_FD, "/old/libold.so");
    // Its mmap was lost; the next one has lost its path.
    told.call(TARGET, nr::MMAP, [0, 4096, 5, 2, 3, 0], 0x7000, "");
    let path = told.one(|kind| match kind {
        Kind::Map(map) => Some(map.path.clone()),
        _ => None,
    });
    assert_eq!(path, Seen::No(Why::Gone));
    told.path(TARGET, TARGET, OF_FD, "/old/folder");
    told.call(TARGET, nr::OPENAT, [5, 0, 0, 0, 0, 0], 3, "x.so");
    let base = opens(&told).remove(0).base;
    assert_eq!(
        base, None,
        "where the descriptor leads was lost, and it is not the working directory"
    );
}

#[test]
fn a_library_is_told_and_wished_for_with_the_kernels_own_path() {
    let mut told = Told::new();
    let args = [0, 0x2000, 5, 2, 3, 0x1000];
    told.call_on(TARGET, "/lib/libx.so", nr::MMAP, args, "");
    assert_eq!(told.kinds(), ["map"]);
    assert_eq!(told.wishes.len(), 1);
    told.call(TARGET, nr::MUNMAP, [0x1000, 0x10, 0, 0, 0, 0], 0, "");
    assert_eq!(told.kinds().len(), 2, "it was mapped at the result, 0");
}

#[test]
fn a_chdir_moves_the_process_and_a_failed_one_does_not() {
    let mut told = Told::new();
    told.call(TARGET, nr::CHDIR, [0; 6], -2, "/nowhere");
    let cwd = |told: &Told| told.tracker.process(TARGET).unwrap().cwd.clone();
    assert_eq!(cwd(&told), Seen::Yes(Text::from("/start")));
    told.call(TARGET, nr::CHDIR, [0; 6], 0, "../lost");
    assert_eq!(cwd(&told), Seen::No(Why::Lost), "its path did not come");
}

#[test]
fn a_call_that_the_kernel_makes_again_has_not_failed() {
    let failed = |told: &Told| told.all(|kind| matches!(kind, Kind::ForkFailed(_)).then_some(()));
    let mut told = Told::new();
    told.call(TARGET, nr::CLONE, [0; 6], -513, "");
    assert!(failed(&told).is_empty());
    told.call(TARGET, nr::CLONE, [0; 6], -11, "");
    assert_eq!(failed(&told).len(), 1);
}
