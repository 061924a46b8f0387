//! Pieces of logs: VG208, VG209, VG219, VG220.

use super::super::build::{as_log, call, child, discovery, line, load, look, said, seen};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Attempt, Era, Level, Outcome};
use crate::discover::role::{Role, Step};

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG208", refused(802))
            .also(refused(35))
            .weaker(refused(3))
            .silent(
                "the program's loads name the folder",
                but(refused(802), |model| {
                    model.children[0]
                        .loads
                        .push(load(Outcome::Failed, Vec::new()));
                }),
            )
            .silent("the call gave devices", refused(0)),
        Proof::of(
            "VG209",
            ended("exit status 0xc0000005: The instruction at 0xp"),
        )
        .also(ended("signal: segmentation fault"))
        .silent(
            "a look is known that failed so",
            but(ended("exit status 0xc0000005"), |model| {
                model.attempts.push(Attempt {
                    failure_line: seen("failure during llama-server GPU discovery"),
                    ..Attempt::default()
                });
            }),
        ),
        Proof::of("VG219", counted(Level::Info, 3))
            .also(counted(Level::Info, 1))
            .silent("it looked at none", counted(Level::Info, 0))
            .silent("at DEBUG folders have names", counted(Level::Debug, 3))
            .silent(
                "a folder is named",
                but(counted(Level::Info, 3), |model| {
                    look(model, vec![child(Step::Runner)], Vec::new());
                }),
            ),
        Proof::likely("VG220", warned())
            .weaker(but(warned(), |model| {
                model
                    .lines
                    .push(line("system_info: n_threads = 16 | CPU : SSE3 = 1 |", &[]));
            }))
            .silent(
                "a device was counted",
                but(warned(), |model| {
                    let mut program = child(Step::List);
                    program.role = Role::Program;
                    let mut count = call("cudaGetDeviceCount", 0);
                    count.values = vec![("count".into(), "1".into())];
                    program.calls.push(count);
                    model.children.push(program);
                }),
            ),
    ]
}

/// A program that says so.
fn warned() -> Model {
    let mut model = Model::default();
    as_log(&mut model, Level::Raw);
    model.lines.push(line(
        "warning: no usable GPU found, --gpu-layers option will be ignored",
        &[],
    ));
    model
}

/// A program of ggml whose count of devices gave this.
fn refused(code: i64) -> Model {
    let mut model = Model::default();
    as_log(&mut model, Level::Raw);
    let mut program = child(Step::List);
    program.role = Role::Program;
    program.calls.push(call("cudaGetDeviceCount", code));
    program.said.push(said(
        "ggml_cuda_init: failed to initialize CUDA: words of the runtime",
    ));
    model.children.push(program);
    model
}

/// The error of a look alone.
fn ended(how: &str) -> Model {
    let mut model = Model::default();
    as_log(&mut model, Level::Info);
    model.lines.push(line(
        &format!("error=\"llama-server --list-devices failed: {how}\" detail=\"\""),
        &[],
    ));
    model
}

/// A log at this level with so many looks at folders that it does not name.
fn counted(level: Level, looks: usize) -> Model {
    but(discovery(Era::Runner), |model| {
        model.folders.clear();
        model.server.as_mut().unwrap().library_dir.names = None;
        as_log(model, level);
        for _ in 0..looks {
            model.attempts.push(Attempt {
                pass: 1,
                seen: seen("starting runner"),
                ..Attempt::default()
            });
        }
    })
}
