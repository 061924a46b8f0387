//! One start of the server, line after line: keeps the lines that matter and hands each to what it tells about.
//!
//! Which messages there are, and at which level: discover/runner.go, llm/server.go, ml/device.go (0.12 to 0.24);
//! discover/llama_server.go, discover/native_probe.go (0.30 and later); discover or gpu/gpu.go (before 0.12).

mod attempts;
mod by_words;
mod duration;
mod ended;
mod files;
mod interest;
mod llama_server;
mod loads;
mod models;
mod old;
mod outcome;
mod runner;
mod server;
mod voices;

use crate::discover::Model;
use crate::discover::model::{Child, Device, Era, Evidence, Level, Line, Origin};
use crate::discover::slog::Record;
use crate::event::Text;

use super::room::{Room, shortened};
use attempts::Open;

/// How far the discovery is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Until the first pass is over.
    #[default]
    First,
    /// Devices are validated and filtered.
    Second,
    /// The final list was printed.
    After,
}

/// One start of the server.
#[derive(Debug)]
pub(super) struct Story {
    model: Model,
    room: Room,
    /// Numbers of the first and the last line.
    span: (u64, u64),
    /// First time of the log's lines, nanoseconds since 1970.
    epoch: Option<i64>,
    /// Time of the last dated line, nanoseconds since `epoch`.
    now: u64,
    phase: Phase,
    /// Attempts that are under way.
    open: Vec<Open>,
    /// The child whose raw text is read outside of attempts: a model's, or a plain program.
    speaker: Option<usize>,
    /// The free memory could not be asked for the model that is started next.
    stale: Option<Evidence>,
    /// The last model is known by words of its load alone.
    from_words: bool,
    /// Words of trouble before words that only a load has.
    before_load: Vec<Evidence>,
    /// The next `subprocess` line is about a model's process.
    awaits_environment: bool,
    /// The era that the variables of `server config` point to, for a discovery without any attempt: LLAMA_ARG_FIT is printed
    /// since 0.30, OLLAMA_NEW_ENGINE until 0.24.
    hint: Option<(Era, Evidence)>,
    /// `discovering available GPUs...` was seen: 0.12 or later.
    discovers: bool,
    /// A line of slog was seen.
    has_records: bool,
    /// `Listening on` was seen.
    listened: bool,
    /// The beginning was seen.
    from_start: bool,
    lowest: Level,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            model: Model {
                origin: Origin::Log,
                ..Model::default()
            },
            room: Room::default(),
            span: (0, 0),
            epoch: None,
            now: 0,
            phase: Phase::default(),
            open: Vec::new(),
            speaker: None,
            stale: None,
            from_words: false,
            before_load: Vec::new(),
            awaits_environment: false,
            hint: None,
            discovers: false,
            has_records: false,
            listened: false,
            from_start: false,
            lowest: Level::Raw,
        }
    }
}

impl Story {
    /// A start whose first line is this.
    pub(super) fn beginning(number: u64) -> Self {
        Self {
            span: (number, number),
            from_start: true,
            ..Self::default()
        }
    }

    /// Something of it was seen.
    pub(super) const fn has_begun(&self) -> bool {
        self.span.1 > 0
    }

    /// Its discovery came to an end.
    pub(super) const fn is_whole(&self) -> bool {
        self.model.finished
    }

    /// The server listens: another `Listening on` is another start.
    pub(super) const fn listened(&self) -> bool {
        self.listened
    }

    /// Numbers of its first and last line.
    pub(super) const fn span(&self) -> (u64, u64) {
        self.span
    }

    /// Whether raw text may matter here. Cheap: most lines of a long log do not.
    pub(super) fn wants(&self, line: &[u8]) -> bool {
        !self.open.is_empty() || interest::is_telling(line)
    }

    /// Whether a line of slog may matter here.
    pub(super) fn listens(&self, record: &Record) -> bool {
        interest::matters(record)
    }

    /// Takes a line of slog; `text` is the whole line.
    pub(super) fn record(&mut self, number: u64, record: Record, text: &Text) {
        self.reach(number);
        self.has_records = true;
        self.lowest = self.lowest.min(record.level);
        if let Some(wall) = record.wall {
            let epoch = *self.epoch.get_or_insert(wall);
            self.now = u64::try_from(wall.saturating_sub(epoch)).unwrap_or(0);
        }
        let seen = Evidence::line(number, shortened(text.as_str()));
        let line = record.into_line(self.now, seen);
        if self.phase == Phase::After && !self.room.may_repeat(line.message.as_str()) {
            return;
        }
        if interest::is_of_a_child(&line) {
            self.child_record(number, &line, text);
            return;
        }
        self.tell(number, &line);
        if let Some(seen) = &line.seen {
            self.load_words(text.as_str(), seen);
        }
        self.keep(line);
    }

    /// Takes a line that is no slog: words of a child, or of a program.
    pub(super) fn raw(&mut self, number: u64, text: &Text) {
        self.reach(number);
        let shown = shortened(text.as_str());
        let telling = interest::is_telling(text.as_str().as_bytes());
        if self.phase == Phase::After && !self.room.may_repeat(shown) {
            return;
        }
        let seen = Evidence::line(number, shown);
        if self.placed(shown, &seen) {
            return;
        }
        self.offloaded(shown, &seen);
        self.hear(number, shown);
        self.load_words(shown, &seen);
        if telling {
            self.keep(Line {
                message: shown.into(),
                time: self.now,
                seen: Some(Evidence::line(number, shown)),
                ..Line::default()
            });
        }
    }

    /// What the line tells, beyond that it was written.
    fn tell(&mut self, number: u64, line: &Line) {
        let _ = self.server_line(number, line)
            || self.runner_line(number, line)
            || self.llama_server_line(number, line)
            || self.outcome_line(number, line)
            || self.model_line(number, line)
            || self.old_line(number, line);
    }

    fn keep(&mut self, line: Line) {
        let whole = line
            .seen
            .as_ref()
            .map_or(0, |seen| seen.text.as_str().len());
        if self.room.take(2 * whole) {
            self.model.lines.push(line);
        }
    }

    fn reach(&mut self, number: u64) {
        if self.span.0 == 0 {
            self.span.0 = number;
        }
        self.span.1 = number;
    }

    /// Says what told the era, once.
    fn era(&mut self, era: Era, seen: &Evidence) {
        if self.model.era == Era::Unknown {
            self.model.era = era;
            self.model.era_seen = Some(seen.clone());
        }
    }

    /// The facts, when all was read.
    pub(super) fn into_model(mut self) -> Model {
        self.leave_all();
        self.name_roles();
        self.name_models();
        self.backend_files();
        if let Some((era, seen)) = self.hint.take().filter(|_| self.discovers) {
            self.era(era, &seen);
        }
        let mut model = self.model;
        if !self.has_records && model.children.iter().any(is_ggml) {
            model.era = Era::Ggml;
            model.era_seen = model.lines.first().and_then(|line| line.seen.clone());
            listed_by_a_program(&mut model);
        }
        model
            .folders
            .sort_by(|a, b| (&a.path, &a.name).cmp(&(&b.path, &b.name)));
        model.blind.log_level = Some(self.lowest);
        model.blind.began_late = self.has_records && !self.from_start && !self.listened;
        model.blind.cut = !model.finished;
        if self.room.left_out() > 0 {
            model.notes.push(format!(
                "{} lines were left out: repetitions, or more than is kept of one log.",
                self.room.left_out()
            ));
        }
        model
    }
}

/// The devices that `llama-server --list-devices` printed, which ends with its list.
fn listed_by_a_program(model: &mut Model) {
    let list = model
        .children
        .iter()
        .find_map(|child| child.answer.as_ref());
    let Some(list) = list.filter(|list| !list.devices.is_empty()) else {
        return;
    };
    model.devices = list
        .devices
        .iter()
        .map(|device| Device {
            id: device.id.clone(),
            library: device.library.clone(),
            fields: [(Text::from("name"), device.name.clone())].into(),
            seen: list.seen.clone(),
            ..Device::default()
        })
        .collect();
    model.finished = true;
}

/// Whether a program's words are those of ggml or llama.cpp.
fn is_ggml(child: &Child) -> bool {
    const WORDS: &[&str] = &["ggml", "llama_", "load_backend"];
    let speaks = |text: &str| WORDS.iter().any(|word| text.contains(word));
    child.said.iter().any(|said| speaks(said.text.as_str()))
}
