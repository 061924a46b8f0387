use vgputrace_ebpf::wire::head::{EXEC_PIECES, PIECE, What};
use vgputrace_ebpf::wire::path::{OF_CWD, OF_EXE};
use vgputrace_ebpf::wire::syscall::nr;

use super::{STACK, TARGET, Told};
use crate::event::process::Exec;
use crate::event::{Kind, Seen, Text, Why};

fn execs(told: &Told) -> Vec<Exec> {
    told.all(|kind| match kind {
        Kind::Exec(exec) => Some(exec.clone()),
        _ => None,
    })
}

fn words(list: &Seen<Vec<Text>>) -> Vec<&str> {
    let list = list.value().into_iter().flatten();
    list.map(Text::as_str).collect()
}

#[test]
fn an_exec_is_put_together_from_its_pieces() {
    let mut told = Told::new();
    told.path(TARGET, TARGET, OF_EXE, "/bin/a");
    told.path(TARGET, TARGET, OF_CWD, "/work");
    told.exec_head(TARGET, 6, 8);
    told.piece(TARGET, What::Argv, -1, 0, b"a\0", 6, 0);
    told.piece(TARGET, What::Argv, -1, 2, b"-b\0\0", 6, 0);
    assert!(told.events.is_empty(), "the environment is still to come");
    told.piece(TARGET, What::Environment, -1, 0, b"PATH=/x\0", 8, 0);
    let exec = execs(&told).remove(0);
    assert_eq!(words(&exec.argv), ["a", "-b", ""]);
    assert_eq!(exec.exe, Seen::Yes(Text::from("/bin/a")));
    assert_eq!(exec.cwd, Seen::Yes(Text::from("/work")));
    assert_eq!((exec.uid, exec.gid), ([1, 2], [3, 4]));
    let env = exec.env.whole().unwrap();
    assert_eq!(env[0].v, Some(Text::from("/x")));
}

#[test]
fn what_is_longer_than_the_kernel_side_sends_is_cut_and_has_no_half_variable() {
    let mut told = Told::new();
    let most = EXEC_PIECES as usize * PIECE;
    let mut env = b"OLLAMA_A=1\0OLLAMA_B=".to_vec();
    env.resize(most, b'x');
    told.exec_head(TARGET, 2, 1 << 20);
    told.piece(TARGET, What::Argv, -1, 0, b"a\0", 2, 0);
    for (at, piece) in env.chunks(PIECE).enumerate() {
        let offset = u32::try_from(at * PIECE).unwrap();
        told.piece(TARGET, What::Environment, -1, offset, piece, 1 << 20, 0);
    }
    let exec = execs(&told).remove(0);
    let Seen::Cut(list, whole) = exec.env else {
        panic!("{:?}", exec.env)
    };
    assert_eq!(whole, 1 << 20);
    let names: Vec<_> = list.iter().map(|one| one.k.as_str()).collect();
    assert_eq!(names, ["OLLAMA_A"]);
}

#[test]
fn a_lost_piece_cuts_there_and_later_pieces_do_not_close_the_gap() {
    let mut told = Told::new();
    told.exec_head(TARGET, 9, 0);
    told.piece(TARGET, What::Argv, -1, 0, b"a\0b\0", 9, 0);
    told.piece(TARGET, What::Argv, -1, 6, b"c\0\0", 9, 0);
    told.call(TARGET, nr::ACCESS, [0; 6], 0, "/etc/x");
    assert_eq!(told.kinds(), ["exec", "access"]);
    let exec = execs(&told).remove(0);
    assert!(matches!(exec.argv, Seen::Cut(_, 9)), "{:?}", exec.argv);
    assert_eq!(words(&exec.argv), ["a", "b"]);
}

#[test]
fn arguments_that_never_came_are_lost_and_not_empty() {
    let mut told = Told::new();
    told.exec_head(TARGET, 9, 4);
    told.exit(TARGET, 0);
    let exec = execs(&told).remove(0);
    assert_eq!(exec.argv, Seen::No(Why::Lost));
    assert!(exec.env.value().is_none());
}

#[test]
fn a_lost_head_is_an_exec_all_the_same_that_claims_nothing() {
    let mut told = Told::new();
    told.path(TARGET, TARGET, OF_EXE, "/bin/a");
    told.path(TARGET, TARGET, OF_CWD, "/work");
    told.call(TARGET, nr::ACCESS, [0; 6], 0, "/etc/x");
    let exec = execs(&told).remove(0);
    assert_eq!(exec.exe, Seen::Yes(Text::from("/bin/a")));
    assert_eq!(exec.argv, Seen::No(Why::Lost));
    assert!(exec.env.value().is_none());
    assert_eq!(exec.uid, [u32::MAX; 2], "not root");
    assert_eq!(told.events[1].process.unwrap().generation, 1);
}

#[test]
fn an_exec_right_after_one_that_waits_for_a_lost_piece_hides_neither() {
    let mut told = Told::new();
    told.path(TARGET, TARGET, OF_EXE, "/bin/a");
    told.exec_head(TARGET, 9, 0);
    told.exec(TARGET, "/bin/b", b"b\0", b"");
    told.path(TARGET, TARGET, OF_EXE, "/bin/c");
    told.exec(TARGET, "/bin/d", b"d\0", b"");
    let names: Vec<_> = execs(&told)
        .iter()
        .map(|exec| exec.exe.value().unwrap().as_str().to_owned())
        .collect();
    assert_eq!(names, ["/bin/a", "/bin/b", "/bin/c", "/bin/d"]);
}

#[test]
fn a_chdir_after_an_incomplete_exec_is_not_the_execs_own_folder() {
    let mut told = Told::new();
    told.path(TARGET, TARGET, OF_EXE, "/bin/a");
    told.path(TARGET, TARGET, OF_CWD, "/work");
    told.exec_head(TARGET, 9, 0);
    let began = told.time;
    told.path(TARGET, TARGET, OF_CWD, "/elsewhere");
    told.time = began;
    told.call(TARGET, nr::CHDIR, [0; 6], 0, "/elsewhere");
    assert_eq!(told.kinds(), ["exec", "chdir"]);
    assert_eq!(execs(&told)[0].cwd, Seen::Yes(Text::from("/work")));
    let process = told.tracker.process(TARGET).unwrap();
    assert_eq!(process.cwd, Seen::Yes(Text::from("/elsewhere")));
}

#[test]
fn an_exec_in_a_thread_ends_the_calls_of_all_threads() {
    let mut told = Told::new();
    told.enter(101, "dlopen", STACK, 1, &["/x.so"]);
    told.enter(102, "dlopen", STACK - (1 << 30), 1, &["/y.so"]);
    told.exec(TARGET, "/bin/b", b"b\0", b"");
    let kinds = ["call", "call", "unfinished", "unfinished", "exec"];
    assert_eq!(told.kinds(), kinds);
    assert_eq!(told.events[2].process.unwrap().generation, 0);
    assert_eq!(told.events[4].process.unwrap().generation, 1);
    told.back(101, "dlopen", STACK, 1);
    assert_eq!(
        told.kinds(),
        kinds,
        "a return of the old program is nothing"
    );
}

#[test]
fn what_a_thread_wrote_before_the_exec_is_told_before_it() {
    let mut told = Told::new();
    told.piece(101, What::Output, 1, 0, b"half", 8, 7);
    told.exec(TARGET, "/bin/b", b"b\0", b"");
    assert_eq!(told.kinds(), ["output", "exec"]);
}

#[test]
fn a_variable_without_a_value_is_no_place_for_a_secret_either() {
    let mut told = Told::new();
    let env = b"hf_abcdefghijklmnopqrstuvwxyz0123456789\0";
    told.exec(TARGET, "/bin/a", b"a\0", env);
    let exec = execs(&told).remove(0);
    let shown = format!("{:?}", exec.env);
    assert!(!shown.contains("abcdefghijklmnop"), "{shown}");
}
