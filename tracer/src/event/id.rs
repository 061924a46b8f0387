//! Neutral identities: a process generation and an event number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Number of an event in its trace, from 1.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A process between two execs, written `p3.1`: the third process seen, after its first exec.
///
/// Pids come back; this does not. `generation` is 0 from fork to the first exec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proc {
    /// Counted from 1 in order of appearance.
    pub number: u32,
    /// Count of execs so far.
    pub generation: u32,
}

impl fmt::Display for Proc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}.{}", self.number, self.generation)
    }
}

impl FromStr for Proc {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a process is written p NUMBER . GENERATION, such as p3.1";
        let (number, generation) = text
            .strip_prefix('p')
            .and_then(|rest| rest.split_once('.'))
            .ok_or(wrong)?;
        Ok(Self {
            number: number.parse().map_err(|_| wrong)?,
            generation: generation.parse().map_err(|_| wrong)?,
        })
    }
}

impl Serialize for Proc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Proc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Proc;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a process such as p3.1")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Proc, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::Proc;

    #[test]
    fn a_process_reads_back_as_it_was_written() {
        let process = Proc {
            number: 12,
            generation: 3,
        };
        assert_eq!(process.to_string(), "p12.3");
        assert_eq!("p12.3".parse(), Ok(process));
        for wrong in ["", "p", "p1", "1.1", "p1.", "p.1", "p1.1.1", "p-1.0"] {
            assert!(wrong.parse::<Proc>().is_err(), "{wrong}");
        }
    }
}
