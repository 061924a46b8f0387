//! What a recording does not have: values that were left out as possible secrets, cut short, or could not be read.

use serde::{Deserialize, Serialize};

use crate::event::call::Value;
use crate::event::process::Exec;
use crate::event::seen::Why;
use crate::event::{Event, Kind, Seen};
use crate::view::amount;

/// How many of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tui) struct Health {
    /// Values of variables that are on no list of harmless ones.
    variables: u64,
    /// Pieces of output, such as a model's words.
    outputs: u64,
    /// Names of files.
    names: u64,
    /// Values of which the beginning was kept.
    cut: u64,
    /// Values that could not be read.
    unread: u64,
}

impl Health {
    /// Counts what this event lacks.
    pub(super) fn take(&mut self, event: &Event) {
        match &event.kind {
            Kind::Exec(exec) => self.exec(exec),
            Kind::Output(output) => {
                self.outputs += u64::from(output.text == Seen::No(Why::Withheld));
                self.value(&output.text);
            }
            Kind::List(list) => {
                self.names += u64::from(list.withheld);
                self.cut += u64::from(list.cut);
            }
            Kind::Open(open) => self.value(&open.path),
            Kind::Stat(stat) => self.value(&stat.path),
            Kind::Map(map) => self.value(&map.path),
            Kind::Call(call) => {
                for (_, value) in &call.args {
                    if let Value::Str(text) = value {
                        self.value(text);
                    }
                }
            }
            _ => {}
        }
    }

    fn exec(&mut self, exec: &Exec) {
        let variables = exec.env.value().map_or(&[][..], Vec::as_slice);
        let withheld = variables.iter().filter(|one| one.v.is_none());
        self.variables += withheld.count() as u64;
        self.value(&exec.env);
        self.value(&exec.argv);
    }

    fn value<T>(&mut self, value: &Seen<T>) {
        match value {
            Seen::Cut(..) => self.cut += 1,
            Seen::No(Why::Fault | Why::Lost | Why::Gone) => self.unread += 1,
            Seen::Yes(_) | Seen::No(_) => {}
        }
    }

    /// A sentence for each kind that there is.
    pub(in crate::tui) fn sentences(&self) -> Vec<String> {
        let withheld: Vec<String> = [
            (self.variables, "value of a variable", "values of variables"),
            (self.outputs, "piece of output", "pieces of output"),
            (self.names, "name of a file", "names of files"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| counted(count, one, many))
        .collect();
        let mut sentences = Vec::new();
        if !withheld.is_empty() {
            sentences.push(format!("not recorded, as always: {}", withheld.join(", ")));
        }
        for (count, what) in [(self.cut, "cut short"), (self.unread, "not readable")] {
            if count > 0 {
                sentences.push(format!("{what}: {}", counted(count, "value", "values")));
            }
        }
        sentences
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        amount::count(count),
        if count == 1 { one } else { many }
    )
}

#[cfg(test)]
mod tests {
    use super::Health;
    use crate::event::output::Output;
    use crate::event::process::EnvVar;
    use crate::event::seen::Why;
    use crate::event::{Kind, Seen, Text};
    use crate::view::samples::{event, exec, open};

    #[test]
    fn what_was_left_out_cut_short_or_not_read_is_counted() {
        let mut health = Health::default();
        let mut body = exec("/x", &["x"], &[("PATH", "/bin")]);
        health.take(&event(1, 1, "p1.1", Kind::Exec(body.clone())));
        health.take(&event(2, 2, "p1.1", open("/x", Some(2))));
        assert_eq!(health.sentences(), Vec::<String>::new());
        let secret = EnvVar {
            k: Text::from("API_KEY"),
            v: None,
            len: Some(37),
        };
        body.env = Seen::Cut(vec![secret], 9);
        health.take(&event(3, 3, "p1.1", Kind::Exec(body)));
        for text in [Seen::No(Why::Withheld), Seen::No(Why::Fault)] {
            let output = Output {
                fd: 1,
                text,
                length: 9,
                err: None,
            };
            health.take(&event(4, 4, "p1.1", Kind::Output(output)));
        }
        let told = [
            "not recorded, as always: 1 value of a variable, 1 piece of output",
            "cut short: 1 value",
            "not readable: 1 value",
        ];
        assert_eq!(health.sentences(), told);
    }
}
