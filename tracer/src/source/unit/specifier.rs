//! Names of a unit and the `%` specifiers made from them (systemd.unit(5), "Specifiers").
//!
//! In: the unit's name and a text. Out: the text with what the name and the fixed folders of the system manager answer.
//! Specifiers that ask the machine (host name, boot id, image) stay as they are and are named.

/// Parts of `PREFIX@INSTANCE.service`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// With suffix.
    pub(super) full: String,
    /// Before `@` or the suffix.
    pub(super) prefix: String,
    /// Between `@` and the suffix; empty for a template.
    pub(super) instance: Option<String>,
}

impl Name {
    /// From what a user types: the suffix `.service` may be missing. `None` for what cannot be a service's name.
    pub(super) fn new(text: &str) -> Option<Self> {
        let base = match text.rsplit_once('.') {
            Some((base, "service")) => base,
            Some((_, suffix)) if OTHER_KINDS.contains(&suffix) => return None,
            _ => text,
        };
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
        if base.is_empty() || base.len() > 247 || !base.bytes().all(valid) {
            return None;
        }
        let (prefix, instance) = match base.split_once('@') {
            Some(("", _)) => return None,
            Some((prefix, instance)) => (prefix, Some(instance.to_owned())),
            None => (base, None),
        };
        Some(Self {
            full: format!("{base}.service"),
            prefix: prefix.to_owned(),
            instance,
        })
    }

    /// `PREFIX@.service`, when this is an instance of it.
    pub(super) fn template(&self) -> Option<String> {
        self.instance
            .as_ref()
            .filter(|instance| !instance.is_empty())
            .map(|_| format!("{}@.service", self.prefix))
    }

    /// Names of the drop-in folders, without `.d`, nearest first; `service` is not among them.
    pub(super) fn drop_in_names(&self) -> Vec<String> {
        let mut names = vec![self.full.clone()];
        names.extend(self.template());
        let mut prefix = self.prefix.as_str();
        while let Some((shorter, _)) = prefix.rsplit_once('-') {
            if !shorter.is_empty() {
                names.push(format!("{shorter}-.service"));
            }
            prefix = shorter;
        }
        names
    }

    fn specifier(&self, letter: char) -> Answer {
        let instance = self.instance.clone().unwrap_or_default();
        let last = |text: &str| text.rsplit('-').next().unwrap_or_default().to_owned();
        Answer::Text(match letter {
            'n' => self.full.clone(),
            'N' => self.full.trim_end_matches(".service").to_owned(),
            'p' => self.prefix.clone(),
            'P' => unescape(&self.prefix),
            'i' => instance,
            'I' => unescape(&instance),
            'j' => last(&self.prefix),
            'J' => unescape(&last(&self.prefix)),
            'f' => format!(
                "/{}",
                unescape(self.instance.as_deref().unwrap_or(&self.prefix))
            ),
            'u' | 'g' => "root".to_owned(),
            'U' | 'G' => "0".to_owned(),
            'h' => "/root".to_owned(),
            't' => "/run".to_owned(),
            'S' => "/var/lib".to_owned(),
            'C' => "/var/cache".to_owned(),
            'L' => "/var/log".to_owned(),
            'E' => "/etc".to_owned(),
            'T' => "/tmp".to_owned(),
            'V' => "/var/tmp".to_owned(),
            '%' => "%".to_owned(),
            _ if "aAbBcdHlmMoqrRsvwWyY".contains(letter) => return Answer::Left,
            _ => return Answer::Unknown,
        })
    }

    /// Replaces the specifiers of a text.
    ///
    /// # Errors
    /// The letter systemd does not know; it passes over such a text.
    pub(super) fn expand(&self, text: &str) -> Result<Expanded, char> {
        let mut out = Expanded::default();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                out.text.push(character);
                continue;
            }
            let Some(letter) = characters.next() else {
                out.text.push('%');
                break;
            };
            match self.specifier(letter) {
                Answer::Text(text) => out.text.push_str(&text),
                Answer::Left => {
                    out.text.extend(['%', letter]);
                    out.left.push(letter);
                }
                Answer::Unknown => return Err(letter),
            }
        }
        Ok(out)
    }
}

/// A text after its specifiers were replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The text.
    pub(super) text: String,
    /// Specifiers that systemd would have replaced and we did not.
    pub(super) left: Vec<char>,
}

enum Answer {
    Text(String),
    Left,
    Unknown,
}

const OTHER_KINDS: [&str; 10] = [
    "socket",
    "device",
    "mount",
    "automount",
    "swap",
    "target",
    "path",
    "timer",
    "slice",
    "scope",
];

/// Undoes the escaping of systemd-escape(1): `-` is `/`, `\x2d` is `-`.
fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = (*first == b'\\').then(|| {
            let digits = after.strip_prefix(b"x")?.first_chunk::<2>()?;
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        });
        match (first, escaped.flatten()) {
            (_, Some(byte)) => {
                out.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            (b'-', None) => out.push(b'/'),
            (other, None) => out.push(*other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Name;

    #[test]
    fn the_suffix_may_be_missing_and_other_kinds_are_refused() {
        for (text, full) in [
            ("ollama", Some("ollama.service")),
            ("ollama.service", Some("ollama.service")),
            ("snap.ollama.listener", Some("snap.ollama.listener.service")),
            ("ollama@1", Some("ollama@1.service")),
            ("ollama.socket", None),
            ("", None),
            (".service", None),
            ("@x", None),
            ("../../etc/passwd", None),
            ("a b", None),
        ] {
            assert_eq!(
                Name::new(text).map(|name| name.full).as_deref(),
                full,
                "{text}"
            );
        }
    }

    #[test]
    fn specifiers_of_the_name_are_replaced_as_systemd_does() {
        let name = Name::new("foo-bar@a-b\\x2dc").unwrap();
        let expanded = name.expand("%i %I %p %j %n %N 100%% %h %u %t/x %").unwrap();
        assert_eq!(
            expanded.text,
            "a-b\\x2dc a/b-c foo-bar bar foo-bar@a-b\\x2dc.service foo-bar@a-b\\x2dc 100% /root root /run/x %"
        );
        assert!(expanded.left.is_empty());
        assert_eq!(name.expand("a %H b").unwrap().left, ['H']);
        assert_eq!(name.expand("%Q"), Err('Q'));
    }

    #[test]
    fn drop_in_folders_go_from_the_instance_to_the_prefix() {
        assert_eq!(
            Name::new("a-b-c@7").unwrap().drop_in_names(),
            [
                "a-b-c@7.service",
                "a-b-c@.service",
                "a-b-.service",
                "a-.service"
            ]
        );
        assert_eq!(
            Name::new("ollama").unwrap().drop_in_names(),
            ["ollama.service"]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_without_a_panic(name: String, text: String) {
            let name = Name::new(&name).unwrap_or_else(|| Name::new("x@-\\x2").unwrap());
            let _ = name.drop_in_names();
            let _ = name.expand(&text);
            let _ = name.expand("%I%f%J");
        }
    }
}
