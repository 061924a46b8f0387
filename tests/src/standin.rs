//! The stand-in for Ollama's bootstrap, laid out as an installation of either era: `bin/ollama` and `lib/ollama` with
//! the real ggml loader in it. Layouts put their folders and files on top; the programs are the same for all.
//!
//! In: the sources in `standin/` and the pinned packages. Out: a folder. Never touches an installed Ollama.

mod build;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::npm::{self, Release};
use crate::target::{Target, trace};
use crate::{Recorded, gate};

/// How an Ollama looks for its devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Era {
    /// 0.12 to 0.24: by a runner that loads the backends and answers `GET /info`.
    Runner,
    /// 0.30 and later: by llama-server, started twice, and a native probe.
    LlamaServer,
}

impl Era {
    /// Both, oldest first.
    pub const ALL: [Self; 2] = [Self::Runner, Self::LlamaServer];

    /// The release of the ggml loader that fits.
    #[must_use]
    pub const fn release(self) -> Release {
        match self {
            Self::Runner => Release::B7347,
            Self::LlamaServer => Release::B10361,
        }
    }
}

/// An installation of the stand-in. Its files are links to the cache: to change one, remove it and write it anew.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The folder it was laid out in; also holds what its processes write.
    pub root: PathBuf,
    /// `lib/ollama`: CPU backends, loader, llama-server. Folders of graphics backends go into it.
    pub library: PathBuf,
    /// `bin/ollama`.
    pub server: PathBuf,
    /// How it looks for devices.
    pub era: Era,
}

/// Lays out an installation with CPU backends only, or skips by name where something is missing that cannot be fetched.
///
/// # Panics
/// When the stand-in does not compile or the folder cannot be filled.
#[must_use]
#[track_caller]
pub fn tree(era: Era, into: &Path) -> Option<Tree> {
    // The test harness names each test's thread after the test.
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    if !(gate::tool(test, "go", "version") && gate::tool(test, "g++", "--version")) {
        return None;
    }
    let parts = npm::loader(test, era.release())?;
    let built = match build::built(era) {
        Ok(built) => built,
        Err(why) => panic!("the stand-in for {era:?}: {why}"),
    };
    match lay_out(era, into, &parts, &built) {
        Ok(tree) => Some(tree),
        Err(error) => panic!("{}: {error}", into.display()),
    }
}

fn lay_out(era: Era, root: &Path, parts: &Path, built: &Path) -> std::io::Result<Tree> {
    let library = root.join("lib/ollama");
    for folder in ["bin", "lib/ollama", "lib/ggml", "home", "models"] {
        fs::create_dir_all(root.join(folder))?;
    }
    for file in npm::libraries(parts) {
        let name = npm::name_of(&file);
        if name.starts_with("libggml-cpu-") {
            npm::place(&file, &library.join(name));
        }
    }
    let (base, loader) = (parts.join("libggml-base.so"), loader_in(parts)?);
    match era {
        Era::Runner => {
            chain(&base, &library, "libggml-base", "0.9.4")?;
            // Ollama has it inside itself: no folder that Ollama looks into.
            npm::place(&loader, &root.join("lib/ggml/libggml.so"));
        }
        Era::LlamaServer => {
            chain(&base, &library, "libggml-base", "0.19.0")?;
            chain(&loader, &library, "libggml", "0.19.0")?;
            for name in ["llama-common", "llama", "mtmd"] {
                let library_name = format!("lib{name}");
                let file = built.join(format!("{library_name}.so"));
                chain(&file, &library, &library_name, "0.0.1")?;
            }
            for name in ["libllama-server-impl.so", "llama-server"] {
                npm::place(&built.join(name), &library.join(name));
            }
        }
    }
    let server = root.join("bin/ollama");
    npm::place(&built.join("ollama"), &server);
    Ok(Tree {
        root: root.to_path_buf(),
        library,
        server,
        era,
    })
}

/// `libggml.bNNN.so`, which carries its release in its name.
fn loader_in(parts: &Path) -> std::io::Result<PathBuf> {
    let found = npm::libraries(parts)
        .into_iter()
        .find(|file| npm::name_of(file).starts_with("libggml."));
    found.ok_or_else(|| std::io::Error::other("the package has no loader"))
}

/// A library as CMake installs it: `NAME.so` and `NAME.so.0` are links to `NAME.so.VERSION`.
fn chain(file: &Path, folder: &Path, name: &str, version: &str) -> std::io::Result<()> {
    let whole = format!("{name}.so.{version}");
    let short = format!("{name}.so.0");
    npm::place(file, &folder.join(&whole));
    symlink(whole, folder.join(&short))?;
    symlink(short, folder.join(format!("{name}.so")))
}

impl Tree {
    /// `ollama serve`, on any free port, with everything it writes inside the root and an environment of nothing else.
    #[must_use]
    pub fn command(&self) -> Target {
        trace(&self.server)
            .arg("serve")
            .env("HOME", self.root.join("home"))
            .env("OLLAMA_HOST", "127.0.0.1:0")
            .env("OLLAMA_MODELS", self.root.join("models"))
            .env("OLLAMA_NO_CLOUD", "1")
            .env("OLLAMA_DEBUG", "1")
            .in_folder("/")
    }

    /// Records a command of this tree until its discovery is over; the server is ended then.
    ///
    /// # Panics
    /// When the recorder fails or nothing is discovered in time.
    #[must_use]
    #[track_caller]
    pub fn record(&self, command: Target) -> Recorded {
        command.options(["--until", "discovery"]).run()
    }
}
