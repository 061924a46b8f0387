//! Programs that are executed: arguments, and variables as far as the text or the search of a child shows them.

use super::{Files, Loader, Told};
use crate::discover::events::base;
use crate::discover::strace::line::Call;
use crate::discover::strace::order::Entry;
use crate::discover::strace::{Screen, argument};
use crate::event::process::{EnvVar, Exec};
use crate::event::{Event, Kind, Seen, Text, Why};

impl Told<'_> {
    /// A new program image.
    pub(super) fn executed(
        &mut self,
        entry: &Entry<'_>,
        leader: u32,
        call: &Call<'_>,
        push: &mut impl FnMut(Event),
    ) {
        let parent = self
            .tree
            .parent(leader)
            .and_then(|parent| self.processes.get(&parent))
            .map(|one| one.proc);
        // Without the calls that make processes, who made this one is not shown: the first one did, more likely than not.
        let first = self
            .processes
            .values()
            .find(|one| one.proc.number == 1)
            .map(|one| one.proc);
        let screen = self.screen;
        // The call was begun on an earlier line when others came between.
        let searched = self
            .searched
            .range(..=entry.number)
            .next_back()
            .map(|(line, pair)| (*line, pair.clone()));
        let process = self.process(leader, entry);
        process.proc.generation += 1;
        process.begun = entry.time;
        let own = process.proc;
        let cwd = process.files.cwd.clone();
        process.files = Files::in_folder(cwd.clone());
        let parts = argument::split(call.arguments);
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let file = argument::text(part(0)).unwrap_or(Seen::No(Why::Fault));
        let base_of = cwd.clone().map(Seen::Yes);
        let exe = crate::event::file::absolute(&file, base_of.as_ref());
        let (words, whole) = argument::list(part(1)).unwrap_or_default();
        process.runner = words.get(1).is_some_and(|word| word == b"runner");
        let words = (screen.arguments)(&words);
        let argv = if whole {
            Seen::Yes(words)
        } else {
            Seen::Cut(words.clone(), words.len() as u64 + 1)
        };
        let lists = words_have(&argv, "--list-devices");
        let is_child = process.runner
            || exe
                .as_ref()
                .is_some_and(|exe| base(exe.as_str()).starts_with("llama-server"));
        process.brief = is_child && !lists;
        let searched = searched.filter(|(line, _)| is_child && entry.number - line <= 64);
        let env = variables(
            part(2),
            searched.map(|(_, pair)| pair),
            process.runner,
            screen,
        );
        self.threads.entry(entry.tid).or_default().loader = Loader::starting();
        let exec = Exec {
            pid: leader,
            parent: parent
                .or(first)
                .filter(|parent| parent.number != own.number),
            exe: exe.map_or_else(|| file.clone(), Seen::Yes),
            file,
            inode: None,
            argv,
            env,
            cwd: cwd.map_or(Seen::No(Why::Gone), Seen::Yes),
            uid: [0, 0],
            gid: [0, 0],
            secure: false,
            cgroup: None,
            base: None,
            interp: None,
            bits32: false,
            mount_namespace: None,
            already: false,
        };
        self.tell(entry, leader, Kind::Exec(exec), push);
    }
}

fn words_have(argv: &Seen<Vec<Text>>, word: &str) -> bool {
    argv.value()
        .is_some_and(|words| words.iter().any(|one| one.as_str() == word))
}

/// The variables of an exec: with `-v` all of them, else the one that the child's search shows.
fn variables(
    argument: &str,
    searched: Option<(String, String)>,
    runner: bool,
    screen: Screen,
) -> Seen<Vec<EnvVar>> {
    if let Some((all, whole)) = argument::list(argument) {
        let all: Vec<EnvVar> = all
            .iter()
            .filter_map(|pair| {
                let at = pair.iter().position(|byte| *byte == b'=')?;
                Some((screen.variable)(pair.get(..at)?, pair.get(at + 1..)?))
            })
            .collect();
        let count = all.len() as u64 + 1;
        return if whole {
            Seen::Yes(all)
        } else {
            Seen::Cut(all, count)
        };
    }
    let known: Vec<EnvVar> = searched
        .map(|(library, folder)| EnvVar {
            k: Text::from(if runner {
                "OLLAMA_LIBRARY_PATH"
            } else {
                "LD_LIBRARY_PATH"
            }),
            v: Some(Text::from(format!("{library}:{folder}"))),
            len: None,
        })
        .into_iter()
        .collect();
    let count = known.len() as u64 + 1;
    Seen::Cut(known, count)
}
