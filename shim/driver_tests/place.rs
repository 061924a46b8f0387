//! A folder with a built driver library under the name that programs ask for, and programs in C beside it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The library that cargo built for these tests.
pub(crate) fn built(file: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().join(file)
}

/// A folder with the library under its soname.
pub(crate) struct Place {
    folder: TempDir,
    soname: &'static str,
}

impl Place {
    pub(crate) fn new(file: &str, soname: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(built(file), folder.path().join(soname)).unwrap();
        Self { folder, soname }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn library(&self) -> PathBuf {
        self.path().join(self.soname)
    }

    /// Compiles a program of the package and links it with the library.
    pub(crate) fn compile(&self, name: &str, arguments: &[String]) -> PathBuf {
        let program = self.path().join(name);
        let mut gcc = Command::new("gcc");
        gcc.args(["-O1", "-Wall", "-pthread", "-o"]).arg(&program);
        gcc.args(arguments)
            .arg(format!("-I{ROOT}/../driver_tests"))
            .arg(format!("{ROOT}/tests/programs/{name}.c"));
        gcc.arg(self.library()).arg("-ldl");
        gcc.arg(format!("-Wl,-rpath,{}", self.path().display()));
        let output = gcc.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        program
    }

    /// A program with this configuration, and nothing of the machine's own.
    pub(crate) fn command(&self, program: &Path, config: &str) -> Command {
        let file = self.path().join("vgpu.toml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(program);
        command.env("VGPU_CONFIG", file);
        command.env("VGPU_SYSFS", self.path());
        command.env_remove("CUDA_VISIBLE_DEVICES");
        command.env_remove("VGPU_FAULT");
        command
    }

    /// Runs `garbage.c`, which calls each of these functions with garbage.
    pub(crate) fn endures_garbage(&self, names: &[&str]) {
        let program = self.compile("garbage", &[]);
        let mut command = self.command(&program, "");
        command
            .arg(self.library())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(names.join("\n").as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let expected = format!("{} functions\n", names.len());
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(said(&output), expected);
    }
}

/// Both streams of a program.
pub(crate) fn said(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams
        .map(|stream| String::from_utf8_lossy(stream))
        .concat()
}
