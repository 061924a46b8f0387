//! One screen: what was looked at, the folders in one glance, then findings with evidence and remedy.

use super::super::Looks;
use super::super::line::{Line, Role};
use super::super::wrap::wrap;
use super::super::{amount, escape};
use super::{era, place};
use crate::diagnose::tree::{Check, FolderCheck, State};
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::At;
use crate::event::tree::{Facts, Folder};

/// Columns of a sentence before it is wrapped.
const WIDTH: usize = 92;
/// Evidence shown of one finding.
const EVIDENCE: usize = 6;
/// Names shown where many are missing.
const MISSING: usize = 12;

/// Writes the page.
#[must_use]
pub fn text(facts: &Facts, check: &Check, looks: Looks) -> String {
    let mut page = Page {
        looks,
        lines: Vec::new(),
    };
    page.head(facts, check);
    page.table(facts, check);
    for finding in &check.general {
        page.finding(None, finding, Role::Failed);
    }
    for folder in &check.folders {
        for finding in &folder.findings {
            page.finding(Some(folder.name.as_str()), finding, Role::Failed);
        }
    }
    let warnings =
        check
            .warnings
            .iter()
            .map(|finding| (None, finding))
            .chain(check.folders.iter().flat_map(|folder| {
                let name = Some(folder.name.as_str());
                folder.warnings.iter().map(move |finding| (name, finding))
            }));
    for (name, finding) in warnings {
        page.finding(name, finding, Role::Warning);
    }
    page.end(check);
    let mut out = String::new();
    for line in &page.lines {
        line.write(looks, &mut out);
    }
    out
}

struct Page {
    looks: Looks,
    lines: Vec<Line>,
}

impl Page {
    fn empty(&mut self) {
        self.lines.push(Line::new());
    }

    fn pair(&mut self, name: &str, value: &str, rest: &str) {
        let mut line = Line::new();
        line.push(Role::Heading, name);
        line.pad_to(10)
            .push(Role::Object, &escape::word(value))
            .push(Role::Dim, rest);
        self.lines.push(line);
    }

    fn head(&mut self, facts: &Facts, check: &Check) {
        let by = facts
            .ollama
            .as_ref()
            .map_or("", |ollama| ollama.by.as_str());
        let rest = format!(" ({by}); {}", era(check.era));
        self.pair("ollama", check.program.as_str(), &rest);
        if let Some(apart) = &facts.server.apart {
            let rest = match apart.own_root {
                true => " is the file system looked at: that of the server, and not this machine's",
                false => {
                    " is the file system looked at: this machine's, with the server's own mounts"
                }
            };
            self.pair("root", facts.root.as_str(), rest);
        }
        self.pair("libraries", check.library_dir.as_str(), "");
        for driver in &facts.drivers {
            if let Some(file) = &driver.file {
                let real = facts.files.get(file).and_then(|file| file.links.last());
                let name = real.unwrap_or(file).as_str();
                let rest = format!(" answers to {}", driver.name);
                self.pair("driver", name, &rest);
            }
        }
        self.empty();
    }

    fn table(&mut self, facts: &Facts, check: &Check) {
        if check.folders.is_empty() {
            return;
        }
        let name = |folder: &FolderCheck| escape::word(folder.name.as_str()).into_owned();
        let widest = check
            .folders
            .iter()
            .map(|folder| escape::width(&name(folder)))
            .max()
            .unwrap_or(0)
            .clamp(6, 40);
        let mut head = Line::new();
        head.push(Role::Dim, "FOLDER");
        head.pad_to(widest + 2).push(Role::Dim, "STATE");
        head.pad_to(widest + 11).push(Role::Dim, "FILES");
        head.pad_to(widest + 18).push(Role::Dim, "BYTES");
        head.pad_to(widest + 28).push(Role::Dim, "WHAT");
        self.lines.push(head);
        for folder in &check.folders {
            let (files, bytes) = size(facts, folder);
            let mut line = Line::new();
            line.push(Role::Plain, &name(folder));
            line.pad_to(widest + 2)
                .push(role(folder.state), folder.state.name());
            line.pad_to(widest + 11).push(Role::Dim, &files.to_string());
            line.pad_to(widest + 18)
                .push(Role::Dim, &amount::size(bytes));
            line.pad_to(widest + 28).push(Role::Plain, &folder.words);
            self.lines.push(line);
        }
        self.empty();
    }

    fn finding(&mut self, folder: Option<&str>, finding: &Finding, role: Role) {
        let sign = match role {
            Role::Warning => "-",
            _ => self.looks.cross(),
        };
        let name = folder.map_or_else(String::new, |folder| format!("{}: ", escape::word(folder)));
        let likely = match finding.certainty {
            Certainty::Certain => "",
            Certainty::Likely => "likely: ",
        };
        let sentence = format!("{name}{likely}{} [{}]", finding.sentence, finding.rule);
        let words = match role {
            Role::Warning => Role::Plain,
            other => other,
        };
        for (at, part) in wrap(&sentence, WIDTH).into_iter().enumerate() {
            let mut line = Line::new();
            line.push(role, if at == 0 { sign } else { " " })
                .plain(" ")
                .push(words, &part);
            self.lines.push(line);
        }
        if finding.missing.len() > 1 {
            let more = finding.missing.len().saturating_sub(MISSING);
            let names: Vec<&str> = finding
                .missing
                .iter()
                .take(MISSING)
                .map(|name| name.as_str())
                .collect();
            let mut all = names.join(", ");
            if more > 0 {
                all.push_str(&format!(" and {more} more"));
            }
            self.part(Role::Dim, &format!("missing: {all}"));
        }
        for evidence in finding.evidence.iter().take(EVIDENCE) {
            let at = place(evidence);
            let at = match evidence.at {
                At::File(_) => escape::word(&at),
                _ => escape::text(&at),
            };
            let words = format!("{at}: {}", evidence.text);
            self.part(Role::Dim, &words);
        }
        let more = finding.evidence.len().saturating_sub(EVIDENCE);
        if more > 0 {
            self.part(
                Role::Dim,
                &format!("and {more} more places (--json has all)"),
            );
        }
        for remedy in &finding.remedy {
            match remedy.strip_prefix("$ ") {
                Some(command) => self.part(Role::Verb, command),
                None => self.part(Role::Plain, remedy),
            }
        }
        self.empty();
    }

    fn part(&mut self, role: Role, text: &str) {
        for part in wrap(text, WIDTH - 4) {
            let mut line = Line::new();
            line.plain("      ").push(role, &part);
            self.lines.push(line);
        }
    }

    fn end(&mut self, check: &Check) {
        for note in &check.notes {
            for (at, part) in wrap(note, WIDTH).into_iter().enumerate() {
                let mut line = Line::new();
                line.push(Role::Dim, if at == 0 { "note: " } else { "      " })
                    .push(Role::Dim, &part);
                self.lines.push(line);
            }
        }
        let count = check.general.len()
            + check
                .folders
                .iter()
                .map(|folder| folder.findings.len())
                .sum::<usize>();
        let mut line = Line::new();
        match count {
            0 => line.push(
                Role::Result,
                "nothing is wrong with what lies on disk; whether a device comes out only a run can tell",
            ),
            1 => line.push(Role::Failed, "1 finding"),
            many => line.push(Role::Failed, &format!("{many} findings")),
        };
        self.lines.push(line);
    }
}

fn role(state: State) -> Role {
    match state {
        State::Loads => Role::Result,
        State::Fails | State::Closed => Role::Failed,
        State::NoGpu | State::Skipped | State::Empty | State::Unknown => Role::Dim,
    }
}

/// Library files in a folder and their bytes, links counted once.
fn size(facts: &Facts, folder: &FolderCheck) -> (usize, u64) {
    let tree = facts.ollama.as_ref().map(|ollama| &ollama.tree);
    let all = tree.into_iter().flat_map(|tree| {
        std::iter::once(&tree.top)
            .chain(&tree.cwd)
            .chain(&tree.folders)
    });
    let found: Option<&Folder> = all
        .into_iter()
        .find(|one| one.path == folder.dir && one.name == folder.name);
    let files = found.map_or(&[][..], |folder| &folder.files);
    let real = files.iter().filter(|file| file.links.is_empty());
    let bytes = real
        .filter_map(|file| file.size)
        .fold(0, u64::saturating_add);
    (files.len(), bytes)
}
